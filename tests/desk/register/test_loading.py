"""Good rows go in once; each bad row comes back with its line and every reason."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from clinic.models import Admission, Encounter, Identifier, Patient
from clinic.selectors import search
from core.ages import BAND_SETS
from core.audit import journal
from core.audit.models import Entry
from desk.register import loading, work
from desk.register.work import write_rejects
from mobile_team.models import DentalCheckup
from tests.builders import TODAY
from tests.desk.register.registers import a_row, as_csv, as_excel, codes, load

pytestmark = pytest.mark.django_db


def band_of(**cells: str) -> str:
    """Return the published band in which a row's contact is counted."""
    assert load(as_csv(a_row(**cells))).added == 1
    slot = Encounter.objects.get(patient__identifiers__value=cells.get("patient_ref", "A-1")).age_slot
    return BAND_SETS["published"].band_of_slot(slot)


class TestGoodRows:
    def test_a_row_becomes_a_person_a_contact_and_a_diagnosis(self) -> None:
        summary = load(as_csv(a_row(phone="012 345 678")))
        patient = Patient.objects.get()
        assert (summary.read, summary.added, summary.rejects) == (1, 1, [])
        assert (patient.name_khmer, patient.name_latin, patient.phone) == ("សុខ ដារ៉ា", "Sok Dara", "+85512345678")
        assert patient.identifiers.get().kind == Identifier.Kind.REGISTER
        encounter = patient.encounters.get()
        assert (encounter.kind, encounter.on, encounter.status) == ("outpatient", dt.date(2026, 3, 4), "closed")
        assert [(d.condition.key, d.primary) for d in encounter.diagnoses.all()] == [("diarrhoea", True)]

    def test_rows_of_one_reference_are_one_person(self) -> None:
        load(as_csv(a_row(), a_row(contact_date="2026-04-01"), a_row(contact_date="2026-05-01", service="mobile")))
        assert (Patient.objects.count(), Encounter.objects.count(), DentalCheckup.objects.count()) == (1, 3, 1)

    def test_a_stay_is_an_admission_with_its_end(self) -> None:
        load(as_csv(a_row(service="inpatient", discharge_date="2026-03-07", outcome="Recovered")))
        stay = Admission.objects.get()
        assert (stay.admitted_on.day, stay.discharged_on.day, stay.get_outcome_display()) == (4, 7, "Recovered")

    def test_dental_facts_are_three_separate_ones(self) -> None:
        load(as_csv(a_row(service="mobile", dental_education="y", toothbrush="N", toothpaste="Yes")))
        checkup = DentalCheckup.objects.get()
        assert (checkup.dental_education, checkup.toothbrush, checkup.toothpaste) == (True, False, True)

    @pytest.mark.parametrize("code", ["K02.9", "k029", "caries", "CARIES", " K02.9 "])
    def test_conditions_are_known_by_key_and_by_icd_10(self, code: str) -> None:
        load(as_csv(a_row(conditions=f"fever;{code};fever")))
        assert {d.condition.key for d in Encounter.objects.get().diagnoses.all()} == {"fever", "caries"}

    def test_khmer_digits_are_understood_everywhere(self) -> None:
        row = a_row(birth_date="២០១៩-០៣-០៥", contact_date="២០២៦-០៣-០៤", village_code="០៩០៦០៦០៣", phone="០១២ ៣៤៥ ៦៧៨")
        assert load(as_csv(row)).added == 1
        assert Patient.objects.get().birth_date == dt.date(2019, 3, 5)

    def test_a_workbook_gives_the_same_contacts_as_the_csv(self) -> None:
        load(as_csv(a_row(), a_row(contact_date="2026-04-01")))
        assert load(as_excel(a_row(), a_row(contact_date="2026-04-01"))).known == 2

    def test_every_contact_is_in_the_log_and_stamped(self) -> None:
        load(as_csv(a_row(), a_row(patient_ref="A-2")))
        assert Entry.objects.filter(verb="desk.register.contact").count() == 2
        assert journal.broken_at() is None


class TestAges:
    def test_an_age_of_zero_is_an_age(self) -> None:
        assert band_of(birth_date="", age="0y") == "under_5"
        assert band_of(patient_ref="A-2", birth_date="", age="0d") == "under_5"

    def test_a_child_is_five_on_the_fifth_birthday_and_four_the_day_before(self) -> None:
        assert band_of(birth_date="2021-03-04", contact_date="2026-03-04") == "5"
        assert band_of(patient_ref="A-2", birth_date="2021-03-05", contact_date="2026-03-04") == "under_5"

    def test_someone_born_on_29_february_has_a_birthday_on_1_march(self) -> None:
        assert band_of(birth_date="2020-02-29", contact_date="2025-02-28") == "under_5"
        assert band_of(patient_ref="A-2", birth_date="2020-02-29", contact_date="2025-03-01") == "5"

    def test_an_age_as_told_counts_at_its_own_contact(self) -> None:
        rows = [
            a_row(birth_date="", age="4y", contact_date="2026-01-10"),
            a_row(birth_date="", age="5y", contact_date="2026-03-01"),
        ]
        load(as_csv(*rows))
        bands = [BAND_SETS["published"].band_of_slot(e.age_slot) for e in Encounter.objects.order_by("on")]
        assert bands == ["under_5", "5"]

    def test_a_better_birth_date_further_down_corrects_the_contacts_before(self) -> None:
        load(as_csv(a_row(birth_date="", age="4y"), a_row(contact_date="2026-04-01", birth_date="2016-01-01")))
        assert {BAND_SETS["published"].band_of_slot(e.age_slot) for e in Encounter.objects.all()} == {"6_12"}

    def test_nobody_without_an_age_is_lost(self) -> None:
        assert band_of(birth_date="", age="") == "unknown"

    def test_about_three_months_is_an_age(self) -> None:
        load(as_csv(a_row(birth_date="", age="about 3 months")))
        assert (Encounter.objects.get().told_age, Encounter.objects.get().told_unit) == (3, "m")


class TestBadRows:
    @pytest.mark.parametrize(
        ("cells", "reason"),
        [
            ({"patient_ref": ""}, "desk.cell_missing"),
            ({"sex": "X"}, "desk.sex_unknown"),
            ({"sex": ""}, "desk.sex_unknown"),
            ({"contact_date": ""}, "desk.cell_missing"),
            ({"contact_date": "2026-02-30"}, "desk.date_unreadable"),
            ({"contact_date": "04/03/2026"}, "desk.date_unreadable"),
            ({"contact_date": (TODAY + dt.timedelta(1)).isoformat()}, "desk.date_in_future"),
            ({"contact_date": "2019-03-04"}, "desk.contact_before_birth"),
            ({"birth_date": "2026-03"} | {"contact_date": "2026-02-28"}, "desk.contact_before_birth"),
            ({"birth_date": "31/12/2019"}, "desk.birth_unreadable"),
            ({"birth_date": "2019-13"}, "desk.birth_unreadable"),
            ({"birth_date": "1801"}, "core.age_too_high"),
            ({"birth_date": "", "age": "old"}, "core.age_unreadable"),
            ({"birth_date": "", "age": "200y"}, "core.age_too_high"),
            ({"village_code": "9060603"}, "desk.village_lost_zero"),
            ({"village_code": "99999999"}, "desk.village_unknown"),
            ({"village_code": "0906"}, "desk.village_not_8_digits"),
            ({"service": "visit"}, "desk.service_unknown"),
            ({"conditions": "diarrhoea;flu"}, "desk.condition_unknown"),
            ({"discharge_date": "2026-03-05"}, "desk.discharge_of_visit"),
            ({"service": "inpatient", "discharge_date": "2026-03-03"}, "desk.discharge_before_contact"),
            ({"service": "inpatient", "discharge_date": "2027-03-03"}, "desk.date_in_future"),
            ({"toothbrush": "maybe"}, "desk.not_yes_or_no"),
            ({"phone": "call me"}, "desk.phone_unreadable"),
            ({"family_name": "123", "given_name": ""}, "desk.name_without_letters"),
            ({"family_name": "", "given_name": "", "family_name_km": "", "given_name_km": ""}, "desk.name_missing"),
            ({"given_name": "=1+1"}, "desk.row_formula"),
            ({"given_name": "x" * 3000}, "desk.row_noise"),
        ],
    )
    def test_each_mistake_is_named(self, cells: dict[str, str], reason: str) -> None:
        summary = load(as_csv(a_row(**cells)))
        assert codes(summary) == [[reason]]
        assert not Patient.objects.exists()

    def test_every_reason_is_given_not_only_the_first(self) -> None:
        summary = load(as_csv(a_row(sex="?", service="?", village_code="1", conditions="a;b")))
        assert len(codes(summary)[0]) == 5

    def test_good_rows_go_in_though_others_are_bad(self) -> None:
        summary = load(as_csv(a_row(), a_row(patient_ref="A-2", sex="?"), a_row(patient_ref="A-3")))
        assert (summary.added, [row.line for row, _ in summary.rejects]) == (2, [3])

    def test_a_second_open_stay_is_refused(self) -> None:
        summary = load(as_csv(a_row(service="inpatient"), a_row(service="inpatient", contact_date="2026-03-09")))
        assert codes(summary) == [["desk.still_admitted"]]

    def test_nobody_is_seen_after_death(self) -> None:
        died = a_row(service="inpatient", discharge_date="2026-03-06", outcome="died")
        assert codes(load(as_csv(died, a_row(contact_date="2026-03-07")))) == [["desk.contact_after_death"]]
        assert Patient.objects.get().deceased_on == dt.date(2026, 3, 6)
        later = as_csv(a_row(patient_ref="B", contact_date="2026-03-07"), died | {"patient_ref": "B"})
        assert codes(load(later)) == [["desk.death_before_contact"]]

    def test_a_birth_date_after_a_contact_before_is_refused(self) -> None:
        rows = [a_row(birth_date="", age="4y"), a_row(contact_date="2026-04-07", birth_date="2026-04-01")]
        assert codes(load(as_csv(*rows))) == [["desk.contact_before_birth"]]

    def test_a_reference_cannot_be_two_people(self) -> None:
        rows = [a_row(), a_row(contact_date="2026-04-01", sex="F", birth_date="1990-01-01")]
        assert codes(load(as_csv(*rows))) == [["desk.sex_differs", "desk.birth_differs"]]


class TestOnce:
    def test_a_file_loaded_twice_goes_in_once(self) -> None:
        content = as_csv(a_row(), a_row(service="mobile"), a_row(service="inpatient"), a_row(patient_ref="A-2"))
        load(content)
        again = load(content)
        assert (again.added, again.known, again.rejects) == (0, 4, [])
        assert (Patient.objects.count(), Encounter.objects.count(), Admission.objects.count()) == (2, 4, 1)

    def test_a_line_copied_within_the_file_goes_in_once(self) -> None:
        summary = load(as_csv(a_row(), a_row()))
        assert (summary.added, summary.known) == (1, 1)

    def test_a_file_cut_off_in_the_middle_is_finished_by_the_whole_one(self) -> None:
        rows = [a_row(patient_ref=f"A-{n}", service="mobile", toothpaste="y") for n in range(20)]
        whole = as_csv(*rows)
        for cut in range(len(whole) // 2, len(whole) // 2 + 150, 7):
            load(whole[:cut])
        load(whole)
        assert (Patient.objects.count(), Encounter.objects.count()) == (20, 20)

    def test_work_stopped_between_two_chunks_goes_on_where_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "CHUNK", 5)
        content = as_csv(*[a_row(patient_ref=f"A-{n}") for n in range(20)])

        class Cut(Exception):
            pass

        def stop(done: int, total: int) -> None:
            if done >= 10:
                raise Cut

        with pytest.raises(Cut):
            work.load_register(content, by=None, today=TODAY, progress=stop)
        assert Encounter.objects.count() == 10
        summary = load(content)
        assert (summary.added, summary.known) == (10, 10)

    def test_a_stay_that_was_open_is_ended_by_the_later_register(self) -> None:
        load(as_csv(a_row(service="inpatient")))
        load(as_csv(a_row(service="inpatient", discharge_date="2026-03-08", outcome="improved")))
        assert Admission.objects.get().discharged_on == dt.date(2026, 3, 8)
        assert Encounter.objects.count() == 1

    @pytest.mark.parametrize("files", [[0, 1], [1, 0], [0, 1, 1, 0], [1, 0, 1]])
    def test_a_stay_told_without_and_with_its_end_is_one_stay_in_any_order(self, files: list[int]) -> None:
        lines = [a_row(service="inpatient"), a_row(service="inpatient", discharge_date="2026-03-08", outcome="died")]
        for together in (as_csv(*[lines[n] for n in files]), *[as_csv(lines[n]) for n in files]):
            summary = load(together)
            assert summary.rejects == []
            assert (Encounter.objects.count(), Admission.objects.get().discharged_on) == (1, dt.date(2026, 3, 8))
        assert Patient.objects.get().deceased_on == dt.date(2026, 3, 8)

    @pytest.mark.parametrize("apart", [False, True])
    @pytest.mark.parametrize("order", [1, -1])
    def test_a_visit_that_ended_in_admission_counts_once_with_its_stay(self, order: int, apart: bool) -> None:
        lines = [
            a_row(outcome="Admitted"), a_row(service="inpatient", discharge_date="2026-03-08"),
            a_row(patient_ref="B", outcome="admitted"), a_row(contact_date="2026-03-05", outcome="hospitalised"),
        ]  # fmt: skip
        for content in [as_csv(line) for line in lines[::order]] if apart else [as_csv(*lines[::order])] * 2:
            load(content)
        assert Encounter.objects.count() == 4
        counted = Encounter.objects.contacts().values_list("kind", "on__day")
        assert sorted(counted) == [("inpatient", 4), ("outpatient", 4), ("outpatient", 5)]

    def test_a_dry_run_says_the_same_and_writes_nothing(self) -> None:
        content = as_csv(a_row(), a_row(contact_date="2026-04-01"), a_row(sex="?"))
        dry = load(content, dry=True)
        assert not Patient.objects.exists()
        assert not Entry.objects.filter(verb__startswith="desk.register").exists()
        real = load(content)
        assert (dry.added, dry.known, codes(dry)) == (real.added, real.known, codes(real))

    def test_rows_that_clash_with_work_at_the_same_moment_come_back_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load(as_csv(a_row(service="inpatient")))
        look_up = loading.Loader._look_up

        def without_the_stay(self: loading.Loader, contacts: list) -> None:
            look_up(self, contacts)
            for known in self.known.values():
                known.stays = []

        monkeypatch.setattr(loading.Loader, "_look_up", without_the_stay)
        summary = load(as_csv(a_row(patient_ref="A-2"), a_row(service="inpatient", contact_date="2026-03-09")))
        assert (summary.added, len(summary.rejects)) == (1, 1)
        assert codes(summary) == [["constraint.clinic_one_open_admission"]]


class TestRejects:
    def test_bad_rows_come_back_with_line_cells_and_every_reason(self) -> None:
        content = as_csv(a_row(), a_row(sex="?", service="visit"))
        lines = list(csv.DictReader(io.StringIO(write_rejects(load(content)).decode("utf-8-sig"))))
        assert [(line["line"], line["patient_ref"], line["family_name_km"]) for line in lines] == [("3", "A-1", "សុខ")]
        assert lines[0]["reasons"].count(";") == 1

    def test_the_rejects_file_is_safe_to_open_in_a_spreadsheet(self) -> None:
        text = write_rejects(load(as_csv(a_row(given_name='=cmd|"/c calc"!A1')))).decode("utf-8-sig")
        assert "'=cmd" in text

    def test_a_corrected_rejects_file_can_be_loaded_as_it_is(self) -> None:
        rejects = write_rejects(load(as_csv(a_row(sex="?")))).decode("utf-8-sig")
        summary = load(rejects.replace("?", "M", 1).encode())
        assert (summary.added, summary.rejects) == (1, [])


class TestFound:
    def test_people_of_a_register_are_found_by_name_phone_and_reference(self) -> None:
        load(as_csv(a_row(phone="012 345 678")))
        for typed in ("Dara Sok", "ដារ៉ា", "345 678", "A-1"):
            assert [hit.patient.name_latin for hit in search.find(typed, today=TODAY)] == ["Sok Dara"], typed
