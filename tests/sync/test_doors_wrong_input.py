"""Whatever is sent to a door, it is never the server that breaks."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import a_patient, a_village
from tests.sync.doors import API, a_tablet, lend

NAMES = [
    "code", "db_id", "device_pub", "model", "app_version", "device_id", "device_token", "request_id", "pending",
    "oldest_at", "free_bytes", "username", "password", "renewal", "villages", "hours", "cursor", "limit", "schema",
    "ops", "server_epoch", "sent_at",
]  # fmt: skip
ODD = st.sampled_from([
    "\x00", "\ud800", "៥", "x" * 10_000, "0193a1b2-0000-7000-8000-000000000001", "1.5", "", "9999-99-99",
    "2026-11-20T08:00:00+99:99", "-1", "NaN", 2**63, -1, 10**30, 0, 1.5, True, None,
])  # fmt: skip
PLAIN = st.one_of(ODD, st.integers(), st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)
DOORS = ["enrol", "session", "checkout", "pull", "escrow"]
MANY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def tablet(mobile, administrator):
    tablet = a_tablet(mobile, by=administrator)
    a_patient(village=a_village())
    lend(tablet, a_village(), by=administrator)
    return tablet


def post(tablet, door, body, kind="application/json"):
    headers = {"Authorization": f"Bearer {tablet.access}"}
    return tablet.client.generic("POST", API + door, body, content_type=kind, headers=headers)


def fine(answer):
    assert answer.status_code < 500, (answer.status_code, answer.content)
    if answer.status_code >= 400:
        said = answer.json()
        assert "code" in said or "errors" in said
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
@MANY
@given(body=BODIES)
def test_a_body_of_odd_values_is_answered(tablet, door, body):
    fine(post(tablet, door, json.dumps(body)))


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
@MANY
@given(changed=st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=2))
def test_a_good_body_with_one_odd_value_is_answered(tablet, mobile, door, changed):
    good = tablet.asked(renewal=tablet.renewal, villages=[a_village().pk], hours=8, cursor=None, limit=5, schema=1,
                        code="x", ops=[])  # fmt: skip
    fine(post(tablet, door, json.dumps(good | changed)))


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b"[" * 200_000, b"NaN",
                                  b'{"limit": 1' + b"0" * 6000 + b"}", b"x" * 1_100_000], ids=range(10))  # fmt: skip
def test_what_is_no_document_is_refused(tablet, door, body):
    answer = post(tablet, door, body)
    fine(answer)
    assert answer.status_code in {400, 413}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=rot13", "application/json; charset=hex",
                                  "multipart/form-data; boundary=x", "", "x"])  # fmt: skip
def test_another_kind_of_content_is_refused_or_read(tablet, kind):
    for door in DOORS:
        fine(post(tablet, door, b"{}", kind))


@pytest.mark.django_db
@pytest.mark.parametrize("door", [*DOORS, "ping", "blob/" + "0" * 64])
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options", "trace"])
def test_every_method_is_answered(tablet, door, method):
    answer = tablet.client.generic(method.upper(), API + door, headers={"Authorization": f"Bearer {tablet.access}"})
    assert answer.status_code < 500


@pytest.mark.django_db
@MANY
@given(header=st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace").decode("latin-1")))
def test_any_header_is_answered(tablet, header):
    for name in ("Authorization", "Accept-Language", "Content-Range", "Accept", "Accept-Encoding"):
        headers = {"Authorization": f"Bearer {tablet.access}"} | {name: header}
        assert tablet.client.put(API + "blob/" + "0" * 64, b"x", content_type="a/b", headers=headers).status_code < 500
        assert (
            tablet.client.post(API + "pull", b"{}", content_type="application/json", headers=headers).status_code < 500
        )
