"""The screens of the tablet in a browser: a child in a minute, registering, correcting, giving, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from clinic.models import Patient
from mobile_team.models import DentalCheckup, Education, Session
from pharmacy.models import Donation
from tests.tablet.conftest import Tablet

MOST_TAPS, MOST_SECONDS = 10, 60


def test_a_child_with_two_decayed_teeth_takes_at_most_ten_taps(tablet: Tablet, world: dict[str, Any]) -> None:
    """Find, pain, two teeth, gums, urgency, all three given, save: counted, timed, and arrived as it was tapped."""
    tablet.offline()
    begun = time.monotonic()
    tablet.seek("sreymom")
    tablet.taps = 0
    tablet.tap("a.big[data-person]")
    tablet.choose("pain", "no")
    tablet.tap(".tooth[data-tooth='54']")
    tablet.tap(".tooth[data-tooth='65']")
    tablet.choose("gums", "no")
    tablet.choose("urgency", "2")
    tablet.tap("button:has-text('All three')")
    tablet.picture("checkup-filled")
    tablet.tap(".save-foot .button--primary")
    tablet.page.wait_for_url("**/#/home/next")
    tablet.page.wait_for_selector(".seek input")
    took = time.monotonic() - begun
    print(f"\na child with two decayed teeth: {tablet.taps} taps, {took:.1f} s by machine")
    assert tablet.taps <= MOST_TAPS
    assert took < MOST_SECONDS
    assert "Saved here: 1 Waiting to be sent: 1" in tablet.state()
    assert tablet.page.evaluate("document.activeElement.closest('.seek') !== null"), "the next child is typed at once"

    tablet.offline(False)
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".empty")
    checkup = DentalCheckup.objects.get(session=world["stops"][0])
    assert {tooth.tooth: tooth.code for tooth in checkup.teeth.all()} == {54: "B", 65: "B"}
    assert checkup.dental_education and checkup.toothbrush and checkup.toothpaste
    assert checkup.urgency == 2


def test_a_finger_on_the_way_to_a_new_person_is_not_lost_while_the_list_is_drawn_again(tablet: Tablet) -> None:
    tablet.seek("Zoltan Prak")
    tablet.says("Nobody found")
    tablet.page.hover("a.button--primary span")
    tablet.page.mouse.down()
    tablet.page.evaluate("() => document.querySelector('.seek input').dispatchEvent(new Event('input'))")
    tablet.page.wait_for_timeout(300)  # the list is drawn 90 ms after the last letter
    tablet.page.mouse.up()
    tablet.page.wait_for_selector("[name=family_name]")


def test_somebody_new_is_registered_from_a_search_that_found_nobody(tablet: Tablet, world: dict[str, Any]) -> None:
    """The words of the search are the name; a number is drawn and shown; who may be the same stands beside."""
    tablet.offline()
    tablet.seek("Zoltan Prak")
    tablet.says("Nobody found")
    tablet.picture("find-nobody")
    tablet.tap("a.button--primary")
    tablet.page.wait_for_selector("[name=family_name]")
    assert tablet.page.input_value("[name=family_name]") == "Zoltan"
    tablet.tap("form .save-foot .button--primary")
    tablet.says("Choose one.", "Ask for the age")
    tablet.picture("register-wrong")
    tablet.choose("sex", "M")
    tablet.page.fill("[name=birth]", "៦")  # Khmer digits are understood everywhere
    tablet.choose("allergy", "none")
    tablet.tap("form .save-foot .button--primary")
    tablet.page.wait_for_selector(".ticket__number")
    number = tablet.page.inner_text(".ticket__number")
    tablet.picture("register-done")
    tablet.offline(False)
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".empty")
    person = Patient.objects.get(number=number)
    assert (person.name_latin, person.sex, person.told_age) == ("Zoltan Prak", "M", 6)


def test_who_may_be_the_same_is_shown_while_typing(tablet: Tablet) -> None:
    """The roster is compared with what is typed; one tap takes the person who is there already."""
    tablet.seek("Sok Sreymomm")
    tablet.tap("a.button:has-text('register')")
    tablet.page.wait_for_selector("[name=family_name]")
    tablet.choose("sex", "F")
    tablet.page.fill("[name=birth]", "7")
    tablet.page.wait_for_selector("aside a.big")
    tablet.says("Is it one of these?", "Perhaps the same: 1")
    tablet.picture("register-same")
    tablet.tap("button.same")
    assert tablet.page.evaluate("document.activeElement.closest('aside') !== null")


def test_what_was_typed_is_back_after_a_reload(tablet: Tablet) -> None:
    """Crash or reload: after the log-in the form is as it was, with the teeth that were tapped."""
    tablet.seek("dara")
    tablet.tap("a.big[data-person]")
    tablet.choose("pain", "yes")
    tablet.tap(".tooth[data-tooth='16']")
    tablet.page.wait_for_timeout(600)
    where = tablet.page.evaluate("location.hash")
    tablet.page.reload()
    tablet.page.fill("[name=password]", "rice-field-rain-7")
    tablet.tap("form .button--primary")
    tablet.page.wait_for_selector("#pin, .seek input, .tooth")
    tablet.go(where.removeprefix("#/"), ".tooth")
    tablet.says("What you typed before is back.")
    assert tablet.page.is_checked("[name=pain][value=yes]")
    assert tablet.page.get_attribute(".tooth[data-tooth='16']", "aria-pressed") == "true"
    tablet.picture("draft-back")


def test_a_checkup_is_corrected_and_marked_as_an_error(tablet: Tablet, world: dict[str, Any]) -> None:
    """A correction sets only what was changed; an error keeps its reason; both stand on the person's page."""
    child = world["people"][0]
    tablet.go(f"person/{child.pk}")
    tablet.says("Penicillin", "Advised on")
    tablet.picture("person")
    tablet.tap(".timeline a.button:has-text('Correct')")
    tablet.page.wait_for_selector(".tooth")
    tablet.choose("pain", "yes")
    tablet.page.fill("[name=why]", "typed wrongly")
    tablet.tap(".save-foot .button--primary")
    tablet.page.wait_for_selector(".timeline")
    tablet.says("pain")
    tablet.tap(".timeline summary")
    tablet.tap(".timeline form button")
    tablet.says("Say why.")
    tablet.page.fill(".timeline [name=reason]", "another child")
    tablet.tap(".timeline form button")
    tablet.page.wait_for_selector(".timeline .badge--warn")
    tablet.says("Entered in error", "another child")
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".empty, .lines")
    tablet.page.wait_for_timeout(1500)
    checkup = DentalCheckup.objects.get()
    assert checkup.pain
    assert checkup.encounter.void_reason == "another child"


def test_a_donation_shows_its_receipt(tablet: Tablet) -> None:
    """Riel in hundreds; the number comes from the tablet's own book; the giver may stay unnamed."""
    tablet.offline()
    tablet.go("donation")
    tablet.page.fill("[name=amount]", "1550")
    tablet.tap(".save-foot button")
    tablet.says("Riel are given in hundreds.")
    tablet.tap("button:has-text('2,000')")
    tablet.picture("donation")
    tablet.tap(".save-foot button")
    tablet.page.wait_for_selector(".ticket__number")
    tablet.says("2,000", "a giver without a name", "T01-000001")
    tablet.picture("receipt")
    tablet.offline(False)
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".empty")
    assert Donation.objects.get().number == 1


def test_a_talk_counts_heads_and_a_stop_can_be_cancelled(tablet: Tablet, world: dict[str, Any]) -> None:
    """Listeners by sex and age; a future or unused stop is cancelled with a reason."""
    here, later = world["stops"][0], world["stops"][1]
    tablet.offline()
    tablet.go(f"talk/{here.pk}")
    tablet.tap(".save-foot button")
    tablet.says("How many listened?")
    tablet.page.fill("[name=villagers_girls]", "12")
    tablet.page.fill("[name=villagers_boys]", "9")
    tablet.says("Listeners: 21")
    tablet.picture("talk")
    tablet.tap(".save-foot button")
    tablet.page.wait_for_selector(".lines .badge")
    tablet.go(f"session/{later.pk}")
    tablet.tap("summary:has-text('cancelled')")
    tablet.tap("button:has-text('Cancel this session')")
    tablet.says("Choose one.")
    tablet.choose("reason", "flood")
    tablet.tap("button:has-text('Cancel this session')")
    tablet.page.wait_for_selector(".badge--warn")
    tablet.picture("session-cancelled")
    tablet.offline(False)
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".empty")
    talk = Education.objects.get()
    assert sum(row.girls + row.boys for row in talk.audiences.all()) == 21
    assert Session.objects.get(pk=later.pk).state == "cancelled"


def test_log_out_is_refused_while_something_waits(tablet: Tablet) -> None:
    """Only a sealed file that somebody has makes it possible; the words say what to do."""
    tablet.offline()
    tablet.go("donation")
    tablet.tap("button:has-text('500')")
    tablet.tap(".save-foot button")
    tablet.page.wait_for_selector(".ticket__number")
    tablet.go("more")
    tablet.tap("button:has-text('Log out')")
    tablet.page.wait_for_selector("[role=alert] .notice")
    tablet.says("Something still waits to be sent.")
    tablet.picture("logout-refused")
    with tablet.page.expect_download() as download:
        tablet.tap("[role=alert] button:has-text('Write a sealed file')")
    assert "Penicillin" not in download.value.path().read_text(encoding="utf-8")
    tablet.tap("button:has-text('Yes, it is there')")
    tablet.tap("button:has-text('Log out')")
    tablet.page.wait_for_selector("[name=username]")


def test_what_somebody_else_changed_too_is_shown_to_a_person(tablet: Tablet, world: dict[str, Any]) -> None:
    """The desk and the tablet write another phone number: what stood stays, and the tablet says so in words."""
    child = world["people"][0]
    tablet.offline()
    tablet.go(f"edit/{child.pk}")
    tablet.page.fill("[name=phone]", "12")
    tablet.tap(".save-foot button")
    tablet.says("A phone number has 8 to 10 digits")
    tablet.page.fill("[name=phone]", "០៩៧ ៥៥៥ ១២១២")
    tablet.tap(".save-foot button")
    tablet.page.wait_for_selector(".timeline")
    tablet.says("097 555 1212", "Saved on this tablet")
    Patient.objects.filter(pk=child.pk).update(phone="+85510111222")
    tablet.offline(False)
    tablet.go("sending")
    tablet.tap("button:has-text('Send now')")
    tablet.page.wait_for_selector(".foot-ways .badge--warn")
    tablet.go("inbox")
    tablet.says("Somebody else changed the same", "Phone")
    tablet.picture("inbox-conflict")
    tablet.go(f"person/{child.pk}")
    tablet.says("Someone must decide")


def test_the_keyboard_is_enough(tablets: Callable[..., Tablet]) -> None:
    """On a laptop: / to search, Enter opens the only hit, arrows and space choose, a tooth is a button."""
    tablet = tablets(size=(1366, 768))
    page = tablet.page
    page.locator("h1").focus()
    page.keyboard.press("/")
    page.keyboard.type("heng vuthy")
    page.wait_for_selector("a.big[data-person]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tooth")
    assert page.evaluate("document.activeElement.tagName") == "H1", "a new screen begins at its head"
    page.locator("[name=pain][value=no]").focus()
    page.keyboard.press("Space")
    page.locator(".tooth[data-tooth='36']").focus()
    page.keyboard.press("Space")
    page.locator("[name=gums][value=no]").focus()
    page.keyboard.press("Space")
    page.locator("[name=urgency][value='0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#/home/next")
    assert "Saved here: 1" in tablet.state()
