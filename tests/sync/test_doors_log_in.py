"""Let in, log in, go on without a password; answers that are lost, requests that come twice or late, copies, stops."""

import datetime as dt
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts import services as accounts
from core.audit.models import Entry
from core.periods import CLINIC_TZ
from sync.models import Access, Device, DeviceUser, Enrolment
from sync.services import devices
from tests.builders import a_village
from tests.people import PASSWORD
from tests.sync.doors import Tablet, a_tablet, lend

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=CLINIC_TZ)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def tablet(mobile, administrator):
    return a_tablet(mobile, by=administrator)


def refused(answer, status, code):
    assert (answer.status_code, answer.said["code"]) == (status, code), answer.content
    assert answer.said["message"] and answer.said["message"] != code
    assert answer["Cache-Control"] == "no-store"
    return answer


# -- let in ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_ping_answers_everybody_with_the_time_and_the_history():
    answer = Tablet().call("ping", method="get")
    assert answer.status_code == 200
    assert answer.said["schema"] == 1
    assert answer.said["server_time"].startswith("2026-11-20")
    assert answer.said["server_epoch"]


@pytest.mark.django_db
def test_a_code_lets_one_tablet_in_and_the_log_says_who_invited_it(administrator):
    tablet = Tablet()
    said = tablet.enrol(administrator).said
    assert said["device_code"] == "T01"
    assert {"km", "en"} == said["centre"].keys()
    assert tablet.device.enrolled_by == administrator
    verbs = list(Entry.objects.order_by("seq").values_list("verb", "by__username"))
    assert verbs == [("sync.device.invited", "admin"), ("sync.device.enrolled", "admin")]
    assert Tablet().enrol(administrator).said["device_code"] == "T02"


@pytest.mark.django_db
def test_a_code_asked_for_again_by_the_same_store_answers_the_same(administrator):
    _, code = devices.invite(name="Blue", by=administrator, now=timezone.now())
    one, other = Tablet(), Tablet()
    first = one.call("enrol", code=code, db_id=one.db_id).said
    again = one.call("enrol", code=code, db_id=one.db_id).said
    assert (first["device_id"], first["device_token"]) == (again["device_id"], again["device_token"])
    refused(other.call("enrol", code=code, db_id=other.db_id), 422, "sync.code_unknown")
    assert Device.objects.count() == 1


@pytest.mark.django_db
def test_a_code_is_good_for_a_quarter_of_an_hour_and_kept_only_as_a_hash(administrator, clock):
    _, code = devices.invite(name="Blue", by=administrator, now=timezone.now())
    assert not Enrolment.objects.filter(code=code).exists()
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    refused(Tablet().call("enrol", code=code, db_id=str(uuid4())), 422, "sync.code_unknown")


@pytest.mark.django_db
def test_a_device_let_in_anew_keeps_its_code_and_its_old_store_is_a_stranger(tablet, mobile, administrator):
    old = tablet
    new = Tablet()
    assert new.enrol(administrator, device=old.device).said["device_code"] == "T01"
    refused(old.renew(), 409, "db_id_conflict")
    refused(old.call("pull", cursor=None), 401, "log_in_again")
    assert new.log_in(mobile).status_code == 200


@pytest.mark.django_db
def test_a_store_that_belongs_to_another_tablet_is_not_let_in_under_a_new_name(tablet, administrator):
    _, code = devices.invite(name="Again", by=administrator, now=timezone.now())
    refused(tablet.call("enrol", code=code, db_id=tablet.db_id), 409, "sync.store_known")


# -- log in ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_log_in_opens_the_doors_for_a_quarter_of_an_hour(tablet, mobile, clock):
    said = tablet.log_in(mobile).said
    assert said["user"] | {"may": 0} == {"id": str(mobile.pk), "name": "Keo Dara", "role": "mobile", "language": "en",
                                        "may": 0}  # fmt: skip
    assert "tablet.use" in said["user"]["may"]
    assert tablet.call("pull", cursor=None).status_code == 200
    clock.shift(dt.timedelta(minutes=15))
    refused(tablet.call("pull", cursor=None), 401, "log_in_again")
    assert tablet.renew().status_code == 200
    assert tablet.call("pull", cursor=None).status_code == 200


@pytest.mark.django_db
def test_what_the_tablet_says_of_itself_is_written_down(tablet, mobile):
    device = tablet.device
    assert (device.pending, device.free_bytes, device.seen_at, device.app_version) == (3, 10**9, NOW, "1")
    assert DeviceUser.objects.get().user == mobile


@pytest.mark.django_db
def test_keys_and_passwords_are_nowhere_in_the_database(tablet):
    kept = str(list(Access.objects.values())) + str(list(Device.objects.values())) + str(list(Entry.objects.values()))
    for secret in (tablet.access, tablet.renewal, tablet.token, PASSWORD):
        assert secret not in kept


@pytest.mark.django_db
def test_renewals_end_three_days_after_the_password(tablet, mobile, clock):
    for _ in range(2):
        clock.shift(dt.timedelta(hours=35, minutes=59))
        assert tablet.renew().status_code == 200
    assert Access.objects.order_by("-pk")[0].until == NOW + dt.timedelta(hours=72)
    clock.shift(dt.timedelta(minutes=2))
    refused(tablet.renew(), 401, "log_in_again")
    assert tablet.log_in(mobile).status_code == 200


@pytest.mark.django_db
def test_a_renewal_of_another_tablet_opens_nothing(tablet, mobile, administrator):
    other = a_tablet(mobile, by=administrator)
    tablet.renewal = other.renewal
    refused(tablet.renew(), 401, "log_in_again")


@pytest.mark.django_db
def test_a_wrong_password_is_said_and_the_device_token_stays_good(tablet, mobile):
    refused(tablet.log_in(mobile, password="wrong"), 401, "wrong_password")
    assert tablet.log_in(mobile).status_code == 200


@pytest.mark.django_db
def test_wrong_passwords_are_counted_with_those_of_the_pages_and_lock(tablet, mobile):
    for _ in range(8):
        tablet.log_in(mobile, password="wrong")
    answer = refused(tablet.log_in(mobile), 429, "locked_out")
    assert int(answer["Retry-After"]) == 900
    page = tablet.client.post("/login/", {"username": mobile.username, "password": PASSWORD})
    assert page.status_code == 429
    assert tablet.renew().status_code == 200  # who is logged in already goes on


@pytest.mark.django_db
def test_a_right_password_forgets_the_wrong_ones(tablet, mobile):
    for _ in range(3):
        for _ in range(6):
            tablet.log_in(mobile, password="wrong")
        assert tablet.log_in(mobile).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["auditor", "donor", "pharmacist"])
def test_a_role_without_tablets_is_told_so(tablet, who, request):
    refused(tablet.log_in(request.getfixturevalue(who)), 403, "not_allowed")


@pytest.mark.django_db
def test_errors_are_in_the_language_the_tablet_asks_for(tablet, mobile):
    tablet.headers = {"Accept-Language": "km-KH,en;q=0.5"}
    answer = tablet.log_in(mobile, password="wrong")
    assert answer["Content-Language"] == "km"


# -- answers that are lost, requests that come twice or late ----------------------------------------------------


@pytest.mark.django_db
def test_an_answer_lost_on_the_way_is_asked_for_again_with_the_same_token(tablet, mobile):
    lost = tablet.renew(keep=False).said
    again = tablet.renew()
    assert again.said["device_token"] == lost["device_token"]
    assert tablet.renew().status_code == 200
    assert tablet.device.state == "active"


@pytest.mark.django_db
def test_either_answer_of_a_doubled_request_may_be_the_one_that_arrives(tablet, mobile):
    body = tablet.asked(renewal=tablet.renewal)
    first, second = (tablet.call("session", **body) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.said["device_token"] == second.said["device_token"]
    tablet._took(first, keep=True)
    assert tablet.renew().status_code == 200


@pytest.mark.django_db
def test_a_late_copy_of_a_request_is_no_theft(tablet, mobile):
    body = tablet.asked(renewal=tablet.renewal)
    tablet._took(tablet.call("session", **body), keep=True)
    assert tablet.renew().status_code == 200  # the next token is in use now
    refused(tablet.call("session", **body), 401, "log_in_again")
    assert tablet.device.state == "active"
    assert tablet.renew().status_code == 200


@pytest.mark.django_db
def test_a_late_copy_of_a_request_with_a_wrong_password_is_no_theft_either(tablet, mobile):
    body = tablet.asked(username=mobile.username, password="wrong")
    tablet.call("session", **body)
    tablet.renew()
    tablet.renew()
    refused(tablet.call("session", **body), 401, "log_in_again")
    assert tablet.device.state == "active"


@pytest.mark.django_db
def test_a_copy_of_the_device_stops_both(tablet, mobile):
    copy = Tablet()
    copy.__dict__ |= {n: getattr(tablet, n) for n in ("device_id", "token", "renewal", "db_id", "access")}
    tablet.renew()
    tablet.renew()
    refused(copy.renew(), 403, "device_suspended")
    refused(tablet.renew(), 403, "device_suspended")
    refused(tablet.call("pull", cursor=None), 403, "device_suspended")
    assert Entry.objects.filter(verb="sync.device.suspended").count() == 1


@pytest.mark.django_db
def test_a_stopped_device_goes_on_when_somebody_looked_at_it(tablet, mobile, administrator):
    devices.suspend(device=tablet.device, reason="two seen", at=timezone.now())
    refused(tablet.renew(), 403, "device_suspended")
    devices.restore(device=tablet.device, by=administrator, at=timezone.now())
    assert tablet.log_in(mobile).status_code == 200


@pytest.mark.django_db
def test_a_guessed_token_stops_nobody(tablet):
    body = tablet.asked(renewal=tablet.renewal)
    for token in ("", "x", "0.", "1." + "A" * 43, "999999999." + "A" * 43, tablet.token[:-1], "1.2.3"):
        refused(tablet.call("session", **body | {"device_token": token}), 409, "db_id_conflict")
    assert tablet.renew().status_code == 200


@pytest.mark.django_db
def test_another_store_on_the_same_device_must_be_let_in_anew(tablet):
    refused(tablet.renew(db_id=str(uuid4())), 409, "db_id_conflict")
    refused(tablet.renew(device_id=str(uuid4())), 409, "db_id_conflict")


@pytest.mark.django_db
def test_incident_a_a_tablet_ahead_of_a_restored_server_still_comes_in(tablet, mobile):
    earlier = tablet.device.token_number
    for _ in range(5):
        tablet.renew()
    Device.objects.update(token_number=earlier, asked=[])  # as an older copy has it
    assert tablet.log_in(mobile).status_code == 200
    assert tablet.renew().status_code == 200
    assert tablet.device.state == "active"


# -- stops ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_revoking_shuts_every_door_at_once(tablet, mobile, administrator):
    lend(tablet, a_village(), by=administrator)
    devices.revoke(device=tablet.device, reason="lost on the road", by=administrator, at=timezone.now())
    for call in (lambda: tablet.call("pull", cursor=None), lambda: tablet.call("checkout"), tablet.renew,
                 lambda: tablet.log_in(mobile)):  # fmt: skip
        refused(call(), 403, "device_revoked")
    assert Entry.objects.filter(verb="sync.device.revoked", by=administrator).exists()


@pytest.mark.django_db
def test_a_person_switched_off_is_out_at_once(tablet, mobile, administrator):
    mobile.is_active = False
    accounts.save_user(mobile, password="", by=administrator)
    refused(tablet.call("pull", cursor=None), 403, "user_revoked")
    refused(tablet.renew(), 403, "user_revoked")


@pytest.mark.django_db
def test_a_changed_password_ends_the_log_in_and_a_changed_role_what_it_may(tablet, mobile, administrator):
    accounts.save_user(mobile, password="another-rain-8", by=administrator)
    refused(tablet.call("pull", cursor=None), 401, "log_in_again")
    refused(tablet.renew(), 401, "log_in_again")
    assert tablet.log_in(mobile, password="another-rain-8").status_code == 200
    mobile.role = "donor"
    accounts.save_user(mobile, password="", by=administrator)
    refused(tablet.call("pull", cursor=None), 403, "not_allowed")


@pytest.mark.django_db
def test_without_a_key_or_with_a_made_up_one_nobody_comes_in(tablet):
    for key in ("", "x", "ខ្មែរ", "a" * 3000):
        tablet.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}".encode().decode("latin-1")
        tablet.access = ""
        refused(tablet.call("pull", cursor=None), 401, "log_in_again")


# -- cost -----------------------------------------------------------------------------------------------------


def statements(call):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = call()
    assert answer.status_code == 200, answer.content
    return [q["sql"] for q in seen if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]


@pytest.mark.django_db
def test_the_doors_cost_few_statements(tablet, mobile):
    tablet.log_in(mobile)
    assert len(statements(lambda: tablet.call("ping", method="get"))) <= 1
    assert len(statements(tablet.renew)) <= 8
    asked = statements(lambda: tablet.log_in(mobile))
    assert len(asked) <= 14, asked  # four of them count wrong passwords
