"""The pages about tablets: who holds which, letting one in, what it may carry, ending its use."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.audit.models import Entry
from core.ids import uuid7
from sync.models import Checkout, Device, Enrolment
from sync.services import checkouts
from sync.services import devices as services
from tests.builders import a_village, noon
from tests.people import client_of
from tests.sync.rows import a_checkout, a_device, a_login, a_parked_op, a_ticket, an_op

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(noon(), tick=False):
        yield


@pytest.fixture
def admin(administrator: Any) -> Any:
    return client_of(administrator)


def page(client: Any, name: str = "sync:devices", *ids: Any, **query: Any) -> str:
    answer = client.get(reverse(name, args=ids), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def code_in(text: str) -> str:
    shown = re.search(r'<p class="code mono"[^>]*>(.*?)</p>', text, re.S)
    assert shown
    return "".join(re.findall(r"<span>([^<]{1,4})</span>", shown[1]))


class TestTheList:
    def test_it_says_who_has_which_and_what_is_not_sent(self, admin: Any, mobile: Any, nurse: Any) -> None:
        one = a_device(pending=41, oldest_at=noon() - timedelta(hours=5))
        a_login(one, nurse, at=noon() - timedelta(days=3))
        a_login(one, mobile)
        text = page(admin)
        assert "T07" in text and "Keo Dara" in text and "Sok Chanthy" not in text
        assert "<strong>41</strong>" in text and "oldest 5 hours ago" in text and "has saves to send" in text

    def test_a_tablet_nobody_heard_of_stands_out_and_one_in_step_does_not(self, admin: Any) -> None:
        a_device("T01", seen_at=noon() - timedelta(days=9))
        assert "not heard of for 9 days" in page(admin)
        Device.objects.update(seen_at=noon() - timedelta(hours=30))
        assert "in step" in page(admin) and "not heard of" not in page(admin)

    def test_a_clock_that_is_off_and_storage_that_runs_out_are_said_in_words(self, admin: Any) -> None:
        a_device("T01", skew_ms=3 * 3600 * 1000, free_bytes=140 * 10**6)
        a_device("T02", skew_ms=-5 * 60 * 1000)
        a_device("T03", skew_ms=-90_000)
        a_device("T04", skew_ms=None, free_bytes=None, seen_at=None, sent_at=None, enrolled_at=None)
        text = page(admin)
        assert "3 hours behind" in text and "140 MB" in text and "5 minutes ahead" in text and "right" in text
        assert "not known yet" in text and "never" in text

    def test_a_revoked_tablet_stands_last_and_one_that_has_a_copy_is_told(self, admin: Any) -> None:
        a_device("T01", state="revoked", reason="lost")
        a_device("T02", state="suspended", reason="copy")
        text = page(admin)
        assert text.index("T02") < text.index("T01")
        assert "there may be a copy" in text and "revoked" in text

    def test_without_https_it_says_what_is_missing(self, admin: Any) -> None:
        assert "without HTTPS" in page(admin)
        assert "without HTTPS" not in admin.get(reverse("sync:devices"), secure=True).content.decode()

    def test_many_tablets_take_no_more_statements_than_one(self, admin: Any, mobile: Any) -> None:
        for n in range(12):
            one = a_device(f"T{n:02d}")
            a_login(one, mobile)
            a_checkout(one)
        with CaptureQueriesContext(connection) as asked:
            page(admin)
        assert len(asked) <= 4, [row["sql"][:120] for row in asked]


class TestLettingIn:
    def test_the_code_is_shown_once_as_a_picture_and_in_groups(self, admin: Any) -> None:
        answer = admin.post(reverse("sync:enrol"), {"name": "Blue cover"}, secure=True)
        text = answer.content.decode()
        assert answer.status_code == 200 and '<svg xmlns="http://www.w3.org/2000/svg" class="qr"' in text
        invited = Enrolment.objects.get()
        shown = re.search(r'<p class="code mono"[^>]*>(.*?)</p>', text, re.S)
        assert shown
        typed = re.sub(r"<[^>]+>", "", shown[1]).upper()
        device = services.enrol(code=typed, db_id=uuid7(), now=noon())  # in groups and capitals, as people type
        assert device.name == "Blue cover" and invited.name == "Blue cover"
        assert "no-store" in answer.headers["Cache-Control"] and "15:00" in text

    def test_the_picture_says_the_address_and_the_code(self, admin: Any) -> None:
        from core.pdf import qr

        text = admin.post(reverse("sync:enrol"), {"name": "Blue"}, secure=True).content.decode()
        code = code_in(text)
        modules = qr.modules(f"https://testserver/tablet/#enrol={code}")
        dark = {(int(x) - 4, int(y) - 4) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", text)}
        assert dark == {(x, y) for y, row in enumerate(modules) for x, on in enumerate(row) if on}

    def test_the_address_is_that_of_the_tablets_not_that_of_the_desk(self, admin: Any, settings: Any) -> None:
        alone = admin.post(reverse("sync:enrol"), {"name": "Blue"}, headers={"host": "localhost:8000"}).content.decode()
        assert "works on this machine only" in alone
        settings.TABLET_ADDRESS = "https://192.168.1.5:8000"
        text = admin.post(reverse("sync:enrol"), {"name": "Blue"}, headers={"host": "localhost:8000"}).content.decode()
        assert "https://192.168.1.5:8000/tablet/" in text and "this machine only" not in text
        assert "without HTTPS" not in text

    def test_it_counts_down_and_turns_by_itself_when_the_tablet_is_in(self, admin: Any) -> None:
        text = admin.post(reverse("sync:enrol"), {"name": "Blue"}).content.decode()
        code, invited = code_in(text), Enrolment.objects.get()
        address = reverse("sync:invitation", args=[invited.pk])
        assert f'hx-get="{address}"' in text
        with time_machine.travel(noon() + timedelta(minutes=4, seconds=55), tick=False):
            answer = admin.get(address)
            assert answer.status_code == 200 and "10:05" in answer.content.decode()
            device = services.enrol(code=code, db_id=uuid7(), now=noon())
            answer = admin.get(address)
        assert answer.status_code == 286 and reverse("sync:device", args=[device.pk]) in answer.content.decode()
        assert "hx-get" not in answer.content.decode()

    def test_after_a_quarter_of_an_hour_it_says_so_and_stops_asking(self, admin: Any) -> None:
        admin.post(reverse("sync:enrol"), {"name": "Blue"})
        with time_machine.travel(noon() + timedelta(minutes=15), tick=False):
            answer = admin.get(reverse("sync:invitation", args=[Enrolment.objects.get().pk]))
        assert answer.status_code == 286 and "too old" in answer.content.decode()

    def test_a_known_tablet_is_let_in_again_under_its_own_name(self, admin: Any) -> None:
        one = a_device()
        assert 'value="Blue cover"' in page(admin, "sync:enrol_again", one.pk)
        admin.post(reverse("sync:enrol_again", args=[one.pk]), {"name": "Blue cover"})
        assert Enrolment.objects.get().device == one

    def test_a_revoked_tablet_is_not(self, admin: Any) -> None:
        one = a_device(state="revoked", reason="lost")
        answer = admin.post(reverse("sync:enrol_again", args=[one.pk]), {"name": "Blue cover"})
        assert answer.status_code == 422 and "revoked" in answer.content.decode()
        assert reverse("sync:enrol_again", args=[one.pk]) not in page(admin, "sync:device", one.pk)

    @pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 10_000])
    def test_a_name_that_cannot_be_is_answered_beside_its_box(self, admin: Any, name: str) -> None:
        answer = admin.post(reverse("sync:enrol"), {"name": name})
        assert answer.status_code == 422 and "errorlist" in answer.content.decode()
        assert not Enrolment.objects.exists()

    def test_letting_in_takes_few_statements(self, admin: Any) -> None:
        with CaptureQueriesContext(connection) as asked:
            admin.post(reverse("sync:enrol"), {"name": "Blue"})
        assert len(asked) <= 12, [row["sql"][:120] for row in asked]


class TestOnePage:
    def test_it_shows_what_is_carried_by_whom_and_what_became_of_what_it_sent(self, admin: Any, mobile: Any) -> None:
        one = a_device()
        a_login(one, mobile)
        a_checkout(one)
        an_op(one, actor=mobile)
        ticket = a_ticket(one)
        a_parked_op(one)
        text = page(admin, "sync:device", one.pk)
        assert str(a_village()) in text and "Keo Dara" in text and ticket.number in text
        for words in ("registered a person", "recorded a check-up", "Taken over", "Could not be taken over"):
            assert words in text

    def test_a_page_takes_at_most_eight_statements(self, admin: Any, mobile: Any) -> None:
        one = a_device()
        a_login(one, mobile)
        a_checkout(one, villages=[a_village(), a_village("09060401")])
        for n in range(40):
            an_op(one, at=noon() - timedelta(minutes=n))
        with CaptureQueriesContext(connection) as asked:
            text = page(admin, "sync:device", one.pk)
        assert len(asked) <= 8, [row["sql"][:120] for row in asked]
        assert "Older" in text

    def test_older_saves_are_on_the_next_page_each_once(self, admin: Any) -> None:
        one = a_device()
        for n in range(35):
            an_op(one, type=f"kind{n:02d}x", at=noon() - timedelta(minutes=n // 3))
        first = page(admin, "sync:device", one.pk)
        older = re.search(r'href="\?before=([^"]+)"', first)
        assert older
        second = admin.get(f"{reverse('sync:device', args=[one.pk])}?before={older[1]}").content.decode()
        seen = [re.findall(r"kind\d\dx", text) for text in (first, second)]
        assert len(seen[0]) == 30 and len(seen[1]) == 5 and not set(seen[0]) & set(seen[1])

    @pytest.mark.parametrize(
        "before", ["x", "~", "2026-11-20T00:00:00~x", "9" * 400, "\x00~\x00", "2026-13-40T00:00:00+07:00~x"]
    )
    def test_an_unreadable_place_begins_at_the_newest(self, admin: Any, before: str) -> None:
        one = a_device()
        an_op(one)
        assert "registered a person" in page(admin, "sync:device", one.pk, before=before)

    def test_nobody_knows_a_tablet_that_is_not_there(self, admin: Any) -> None:
        for name in ("sync:device", "sync:enrol_again"):
            assert admin.get(reverse(name, args=[uuid7()])).status_code == 404
        for name in ("sync:lend", "sync:take_back", "sync:revoke", "sync:restore", "sync:enrol_again"):
            assert admin.post(reverse(name, args=[uuid7()]), {"name": "x"}).status_code == 404

    def test_villages_are_granted_and_taken_back(self, admin: Any) -> None:
        one = a_device()
        form = {"villages": [a_village().pk], "villages_text": "", "hours": "៤៨"}
        answer = admin.post(reverse("sync:lend", args=[one.pk]), form)
        assert answer.status_code == 302
        lent = Checkout.objects.get(device=one)
        assert lent.until == noon() + timedelta(hours=48) and list(lent.villages.all()) == [a_village()]
        assert str(a_village()) in page(admin, "sync:device", one.pk)
        answer = admin.post(reverse("sync:take_back", args=[one.pk]), follow=True)
        assert "forgets these records" in answer.content.decode()
        one.refresh_from_db()
        lent.refresh_from_db()
        assert lent.until == noon() and not lent.villages.exists() and lent.version == one.scope_version == 2
        assert "No records." in page(admin, "sync:device", one.pk)
        assert Entry.objects.filter(verb="sync.people.taken_back").count() == 1

    def test_taking_back_twice_says_there_is_nothing(self, admin: Any) -> None:
        one = a_device()
        answer = admin.post(reverse("sync:take_back", args=[one.pk]), follow=True)
        assert "carries nobody" in answer.content.decode()

    @pytest.mark.parametrize("form", [
        {}, {"hours": "24"}, {"villages": ["999999999"], "hours": "24"}, {"villages": ["x"], "hours": "24"},
        {"villages": ["1"], "hours": "0"}, {"villages": ["1"], "hours": "73"}, {"villages": ["1"], "hours": "\x00"},
        {"villages": ["1" * 400], "hours": "9" * 400}, {"villages_text": "Nowhere", "hours": "1"},
    ])  # fmt: skip
    def test_a_grant_that_cannot_be_is_answered_beside_its_box(self, admin: Any, form: dict[str, Any]) -> None:
        one = a_device()
        answer = admin.post(reverse("sync:lend", args=[one.pk]), form)
        assert answer.status_code == 422 and "errorlist" in answer.content.decode()
        assert not Checkout.objects.exists()

    def test_a_tablet_is_revoked_with_a_reason_and_let_work_again(self, admin: Any, mobile: Any) -> None:
        one = a_device()
        a_login(one, mobile)
        refused = admin.post(reverse("sync:revoke", args=[one.pk]), {"reason": " "})
        assert refused.status_code == 422 and "errorlist" in refused.content.decode()
        assert admin.post(reverse("sync:revoke", args=[one.pk]), {"reason": "Lost on the road"}).status_code == 302
        text = page(admin, "sync:device", one.pk)
        assert "Lost on the road" in text and "Grant other villages" not in text
        assert admin.post(reverse("sync:restore", args=[one.pk])).status_code == 302
        one.refresh_from_db()
        assert one.state == "active" and one.reason == ""

    def test_every_deed_takes_at_most_twelve_statements(self, admin: Any) -> None:
        one = a_device()
        a_checkout(one)
        deeds = [
            ("sync:take_back", {}), ("sync:revoke", {"reason": "Lost"}), ("sync:restore", {}),
        ]  # fmt: skip
        for name, form in deeds:
            with CaptureQueriesContext(connection) as asked:
                assert admin.post(reverse(name, args=[one.pk]), form).status_code == 302
            assert len(asked) <= 12, (name, [row["sql"][:120] for row in asked])

    def test_an_end_is_for_what_is_lent_now(self, administrator: Any) -> None:
        from core.errors import RuleBroken

        one = a_device()
        a_checkout(one, at=noon() - timedelta(days=5))
        with pytest.raises(RuleBroken, match=r"sync\.nothing_lent"):
            checkouts.end(device=one, by=administrator, at=noon())


class TestTheCertificatesPage:
    def test_it_is_open_to_all_and_says_when_there_is_none(self, client: Any, settings: Any, tmp_path: Any) -> None:
        settings.TLS_DIR = tmp_path
        client.cookies["django_language"] = "en"
        assert "no certificate of its own" in page(client, "sync:certificate")
        assert client.get(reverse("sync:certificate_file", args=["crt"])).status_code == 404

    @pytest.mark.parametrize("language", ["km", "en"])
    def test_it_gives_the_authority_and_its_mark(
        self, client: Any, settings: Any, tmp_path: Any, language: str
    ) -> None:
        import ssl
        from datetime import UTC, datetime

        from config import authority

        settings.TLS_DIR = tmp_path
        client.cookies["django_language"] = language
        made = authority.ready(tmp_path, names=["clinic.lan"], addresses=[], now=datetime.now(UTC), centre="Centre")
        text = page(client, "sync:certificate")
        assert made.mark[:4] in text
        der = client.get(reverse("sync:certificate_file", args=["crt"]))
        assert der.headers["Content-Type"] == "application/x-x509-ca-cert"
        pem = client.get(reverse("sync:certificate_file", args=["pem"])).content.decode()
        assert ssl.PEM_cert_to_DER_cert(pem) == der.content
        assert "PRIVATE" not in pem
        for kind in ("key", "ca", "server"):
            assert client.get(f"/tablets/certificate/{kind}/").status_code == 404
