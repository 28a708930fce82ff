"""The photo of a face: small, upright, without metadata; what is no picture is refused with a sentence."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clinic.models import Consent, Photo
from clinic.rules.pictures import MOST_BYTES, SIDE, small_jpeg
from core.accounts.roles import Role
from core.audit.models import Entry, Read
from core.errors import RuleBroken
from core.ids import uuid7
from tests.builders import a_patient
from tests.people import a_user, client_of

PLACE = 0x8825  # the EXIF block that says where a picture was taken


def a_picture(size=(900, 600), kind="JPEG", *, mode="RGB", turned=0) -> bytes:
    picture = Image.effect_noise(size, 90).convert(mode)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x010E] = turned or 1, "Camera of Sok Dara", "Sre Ambel"
    exif.get_ifd(PLACE)[1] = "N"
    out = BytesIO()
    picture.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def a_bomb(width=60_000, height=60_000) -> bytes:
    """Return a PNG of a few bytes that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def refused(code: str):
    return pytest.raises(RuleBroken, match=f"^clinic.photo_{code}$")


class TestSmall:
    @pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "RGBA"),
                                                ("PNG", "P"), ("WEBP", "RGB")])  # fmt: skip
    def test_any_picture_becomes_a_small_jpeg_without_metadata(self, kind, mode):
        made = small_jpeg(a_picture(kind=kind, mode=mode))
        with Image.open(BytesIO(made)) as picture:
            assert (picture.format, picture.mode, max(picture.size)) == ("JPEG", "RGB", SIDE)
            assert not picture.getexif() and "exif" not in picture.info and "icc_profile" not in picture.info
        assert len(made) <= MOST_BYTES
        assert b"Sok Dara" not in made

    def test_a_picture_taken_sideways_stands_upright(self):
        with Image.open(BytesIO(small_jpeg(a_picture((900, 600), turned=6)))) as picture:
            assert picture.height > picture.width

    def test_a_tiny_picture_is_not_blown_up(self):
        with Image.open(BytesIO(small_jpeg(a_picture((40, 50))))) as picture:
            assert picture.size == (40, 50)

    @pytest.mark.parametrize("data", [b"", b"GIF89a" + b"\0" * 40, b"<svg xmlns='x'/>", b"%PDF-1.7", b"\xff\xd8\xff",
                                      a_picture()[:400], b"\0" * 2000])  # fmt: skip
    def test_what_is_no_picture_is_refused(self, data):
        with refused("unreadable"):
            small_jpeg(data)

    @pytest.mark.parametrize("side", [8_000, 20_000, 60_000])
    def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_read(self, side):
        with refused("too_large"):
            small_jpeg(a_bomb(side, side))
        with refused("too_large"):
            small_jpeg(b"\xff" * 12_000_001)

    @pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow tells of broken metadata
    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=300), st.integers(0, 2000))
    def test_a_broken_file_is_refused_and_never_breaks(self, junk, at):
        whole = a_picture((60, 60))
        at %= len(whole)
        try:
            assert small_jpeg(whole[:at] + junk + whole[at + len(junk) :])
        except RuleBroken as broken:
            assert broken.code in {"clinic.photo_unreadable", "clinic.photo_too_large"}


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def browser(self, nurse):
        return client_of(nurse)

    def put(self, browser, person, data=None, **sent):
        file = SimpleUploadedFile("face.jpg", a_picture() if data is None else data, "image/jpeg")
        return browser.post(reverse("clinic:photo_put", args=[person.id]), {"photo": file, "agreed_by": "Mum"} | sent)

    def test_a_photo_is_kept_with_the_word_of_who_agreed_and_sent_privately(self, browser):
        person = a_patient()
        assert self.put(browser, person).status_code == 302
        agreed = Consent.objects.get()
        assert (agreed.purpose, agreed.given, agreed.said_by) == ("photo", True, "Mum")
        address = reverse("clinic:photo_image", args=[person.id])
        assert address in browser.get(reverse("clinic:photo", args=[person.id])).content.decode()
        image = browser.get(address)
        assert (image.headers["Content-Type"], image.headers["Cache-Control"]) == ("image/jpeg", "private, max-age=300")
        assert image.headers["X-Content-Type-Options"] == "nosniff"
        again = browser.get(address, headers={"If-None-Match": image.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert Read.objects.filter(patient_id=person.id, what="photo").exists()

    def test_only_those_who_may_read_the_record_see_it(self, browser, donor):
        person = a_patient()
        self.put(browser, person)
        address = reverse("clinic:photo_image", args=[person.id])
        assert client_of(donor).get(address).status_code == 403
        assert client_of(a_user(Role.PHARMACIST)).get(address).status_code == 200
        assert browser.get(reverse("clinic:photo_image", args=[a_patient().id])).status_code == 404

    def test_a_second_photo_takes_the_place_of_the_first(self, browser):
        person = a_patient()
        self.put(browser, person)
        first = Photo.objects.get().sha256
        self.put(browser, person, a_picture((300, 300)))
        assert Photo.objects.get().sha256 != first

    @pytest.mark.parametrize(
        ("data", "sent", "said"),
        [(b"no picture", {}, "not a picture"), (b"", {}, "empty"), (None, {"photo": ""}, "required"),
         (None, {"agreed_by": ""}, "required"), (a_bomb(), {}, "too large")],
    )  # fmt: skip
    def test_what_is_wrong_is_said_beside_its_box(self, browser, data, sent, said):
        answer = self.put(browser, a_patient(), data, **sent)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert not Photo.objects.exists()

    def test_a_photo_is_deleted_with_a_reason(self, browser):
        person = a_patient()
        self.put(browser, person)
        address = reverse("clinic:photo_remove", args=[person.id])
        assert browser.post(address, {"reason": ""}).status_code == 422
        assert browser.post(address, {"reason": "She asked"}).status_code == 302
        assert not Photo.objects.exists()
        assert Entry.objects.get(verb="clinic.photo.removed").detail["reason"] == "She asked"
        assert "no photo" in browser.post(address, {"reason": "Again"}).content.decode()

    def test_a_photo_comes_with_the_registration_of_those_who_agreed(self, browser):
        def sent(**more):
            face = SimpleUploadedFile("face.jpg", a_picture(), "image/jpeg")
            return {"id": uuid7(), "family_name": "Sok", "sex": "F", "photo": face} | more

        assert "only of those who agreed" in browser.post("/clinic/register/", sent()).content.decode()
        assert browser.post("/clinic/register/", sent(photo_agreed="on", consent_by="Mum")).status_code == 302
        assert Photo.objects.count() == Consent.objects.filter(purpose="photo", given=True).count() == 1
