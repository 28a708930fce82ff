"""The one table of figures: its name, its words, what it counts, and which rows it counts.

Every figure is a set of rows, one for each thing counted, or a sum over rows, so the number and the list behind it
come from the same row of this table: screens, papers, Excel, REST and the command line all read it here, through
`reports.asking`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pharmacy.models import Account, Place
from reports import quality
from reports.figure import COUNTS_WORDS, Counts, Figure
from reports.sources import Days, Part, care, money, road, rounds, stock, talks, teeth
from reports.sources.contacts import (
    contacts,
    first_admission_ever,
    first_ever,
    first_in_the_days,
    with_a_condition,
)

__all__ = ["COUNTED", "COUNTS_WORDS", "FIGURES", "HAND_OUTS", "Counts", "Figure", "contacts"]


def _with_yes(field: str) -> Callable[[Days], Q]:
    def counted(days: Days) -> Q:
        return Q(**{f"checkup__{field}": True})

    return counted


def _new_case(days: Days) -> Q:
    return Q(new_case=True)


def _entered_late(days: Days) -> Q:
    return quality.LATE


def _with_an_estimated_age(days: Days) -> Q:
    return quality.ESTIMATED_AGE


FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            "patients_assessed",
            _("Patients assessed"),
            _(
                "Contacts of every service by their date: each visit, each stay and each check-up counts once. An "
                "out-patient visit that ended in admission is counted once, as hospitalised. The same person may be "
                "counted several times."
            ),
            Counts.CONTACTS,
        ),
        Figure(
            "people_reached",
            _("People reached"),
            _(
                "Different persons with at least one contact in the period, each counted once, by age and service of "
                "their first contact in it. The months do not add up to the year."
            ),
            Counts.PEOPLE,
            first_in_the_days,
            without=("condition", "case"),
        ),
        Figure(
            "new_patients",
            _("New patients"),
            _(
                "Persons whose first contact ever with the centre lies in the period. They are part of the people "
                "reached."
            ),
            Counts.PEOPLE,
            first_ever,
            without=("condition", "case", "visit"),
        ),
        Figure(
            "new_cases",
            _("New cases"),
            _("Contacts that begin an episode of illness. A follow-up of the same episode is not a new case."),
            Counts.CONTACTS,
            _new_case,
            without=("case",),
        ),
        Figure(
            "new_patients_admitted",
            _("New patients admitted"),
            _("Patients whose first admission here ever began in the period. They are part of the hospitalised."),
            Counts.PEOPLE,
            first_admission_ever,
        ),
        Figure(
            "dental_education",
            _("Dental education"),
            _("Check-ups of the mobile team at which dental education was given."),
            Counts.HAND_OUTS,
            _with_yes("dental_education"),
        ),
        Figure(
            "toothbrushes_given",
            _("Toothbrushes given"),
            _("Check-ups of the mobile team at which a toothbrush was given."),
            Counts.HAND_OUTS,
            _with_yes("toothbrush"),
        ),
        Figure(
            "toothpaste_given",
            _("Toothpaste given"),
            _("Check-ups of the mobile team at which toothpaste was given."),
            Counts.HAND_OUTS,
            _with_yes("toothpaste"),
        ),
        Figure(
            "contacts_by_condition",
            _("Contacts by condition"),
            _(
                "Contacts with the condition among their diagnoses. A contact with two diagnoses stands under both, so "
                "the conditions do not add up to the contacts."
            ),
            Counts.CONTACTS,
            with_a_condition,
            by="condition",
        ),
        # --- How far the figures can be trusted ---
        Figure(
            "late_entries",
            _("Entered late"),
            _("Contacts written down here more than seven days after their date; loaded registers are among them."),
            Counts.CONTACTS,
            _entered_late,
        ),
        Figure(
            "estimated_ages",
            _("Ages estimated"),
            _("Contacts of persons whose birth date is not known to the day; those without any age left out."),
            Counts.CONTACTS,
            _with_an_estimated_age,
        ),
        # --- Teeth ---
        Figure(
            "mouths_charted",
            _("Mouths with a tooth chart"),
            _("Check-ups of the mobile team at which the teeth were charted; dmft and DMFT are reckoned over these."),
            Counts.CONTACTS, teeth.charted, source=teeth.CHECKUPS,
        ),
        Figure(
            "mouths_with_decay",
            _("Mouths with decay"),
            _("Check-ups at which a milk or permanent tooth was decayed, charted or counted."),
            Counts.CONTACTS, teeth.decayed, source=teeth.CHECKUPS,
        ),
        Figure(
            "mouths_in_pain",
            _("Mouths in pain"),
            _("Check-ups at which there was pain now."),
            Counts.CONTACTS, _with_yes("pain"), source=teeth.CHECKUPS,
        ),
        Figure(
            "mouths_treated",
            _("Mouths treated"),
            _("Check-ups at which something was done in the mouth."),
            Counts.CONTACTS, teeth.treated, source=teeth.CHECKUPS,
        ),
        Figure(
            "advised_to_come",
            _("Advised to come to the centre"),
            _("Check-ups at which the person was advised to come to the centre."),
            Counts.CONTACTS, _with_yes("advised_to_come"), source=teeth.CHECKUPS,
        ),
        Figure(
            "dmft_primary",
            _("dmft of milk teeth"),
            _(
                "Decayed, missing and filled milk teeth over all charts; divided by the mouths with a tooth chart it "
                "is the mean dmft. Never added to permanent teeth."
            ),
            Counts.TEETH, source=teeth.CHECKUPS, parts=teeth.PRIMARY_PARTS,
        ),
        Figure(
            "dmft_permanent",
            _("DMFT of permanent teeth"),
            _(
                "Decayed, missing and filled permanent teeth over all charts; divided by the mouths with a tooth chart "
                "it is the mean DMFT. Never added to milk teeth."
            ),
            Counts.TEETH, source=teeth.CHECKUPS, parts=teeth.PERMANENT_PARTS,
        ),
        Figure(
            "pufa_teeth",
            _("Teeth in which decay has gone further"),
            _("Teeth with open pulp, ulcer, fistula or abscess over all charts."),
            Counts.TEETH, source=teeth.CHECKUPS, parts=teeth.PUFA,
        ),
        Figure(
            "dental_treatments",
            _("Dental treatments"),
            _("What was done at check-ups, each tooth and each treatment of a whole mouth counted once."),
            Counts.TEETH, source=teeth.CHECKUPS, parts=teeth.TREATMENTS,
        ),
        # --- Care ---
        Figure(
            "discharges",
            _("Stays that ended"),
            _("Stays by the day on which the patient left, age and sex at the admission."),
            Counts.STAYS, source=care.DISCHARGES,
        ),
        Figure(
            "deaths_in_care",
            _("Deaths during a stay"),
            _("Stays that ended with death, by the day."),
            Counts.STAYS, care.died, source=care.DISCHARGES,
        ),
        Figure(
            "bed_days",
            _("Days in bed"),
            _(
                "Days that patients stayed, the day of leaving not counted; a stay of one day is one day. Of those "
                "still here the days until now."
            ),
            Counts.DAYS, source=care.BED_DAYS,
        ),
        Figure(
            "preventive_doses",
            _("Doses that prevent"),
            _("Doses against worms and of vitamin A. Age is that at the contact at which the dose was given."),
            Counts.HAND_OUTS, source=care.DOSES,
        ),
        Figure(
            "antenatal_contacts",
            _("Antenatal contacts"),
            _("Contacts for care in pregnancy, by which of its pregnancy each one is."),
            Counts.CONTACTS, source=care.ANTENATAL,
        ),
        # --- The rounds and health education ---
        Figure(
            "heads_taught",
            _("Heads at health education"),
            _("Unnamed heads that listened to talks. Who comes to two talks is counted twice."),
            Counts.HEADS, source=talks.LISTENERS, parts=talks.HEADS,
        ),
        Figure(
            "talks_held",
            _("Talks held"),
            _("Talks on hygiene, health or the proper use of medicine."),
            Counts.TALKS, source=talks.TALKS,
        ),
        Figure(
            "group_toothbrushes",
            _("Toothbrushes handed to groups"),
            _("Toothbrushes handed out at talks, not to a named person; not part of the toothbrushes given."),
            Counts.HAND_OUTS, source=talks.TALKS, parts=(Part("brushes"),),
        ),
        Figure(
            "group_toothpaste",
            _("Toothpaste handed to groups"),
            _("Toothpaste handed out at talks, not to a named person; not part of the toothpaste given."),
            Counts.HAND_OUTS, source=talks.TALKS, parts=(Part("pastes"),),
        ),
        Figure(
            "sessions_planned",
            _("Sessions planned"),
            _("Sessions of the mobile team in the days, whatever became of them."),
            Counts.SESSIONS, source=rounds.SESSIONS,
        ),
        Figure(
            "sessions_held",
            _("Sessions held"),
            _("Sessions of the mobile team that took place."),
            Counts.SESSIONS, rounds.in_state("held"), source=rounds.SESSIONS, without=("state", "reason"),
        ),
        Figure(
            "villages_planned",
            _("Villages planned"),
            _("Different villages with a session in the days, whatever became of it. Months do not add up."),
            Counts.VILLAGES, rounds.first_of_a_village("planned", "held", "cancelled"), source=rounds.SESSIONS,
            without=("route", "state", "reason"),
        ),
        Figure(
            "villages_reached",
            _("Villages reached"),
            _("Different villages in which a session was held, each counted once. Months do not add up to the year."),
            Counts.VILLAGES, rounds.first_of_a_village("held"), source=rounds.SESSIONS,
            without=("route", "state", "reason"),
        ),
        # --- The road ---
        Figure(
            "referrals",
            _("Referrals written"),
            _("Referrals by their date, whatever became of them, the cancelled ones too."),
            Counts.REFERRALS, source=road.REFERRALS,
        ),
        Figure(
            "referrals_answered",
            _("Referrals answered"),
            _("Referrals of the days that the hospital has answered, whenever the answer came."),
            Counts.REFERRALS, road.answered, source=road.REFERRALS, without=("state",),
        ),
        Figure(
            "referrals_unanswered",
            _("Referrals long without an answer"),
            _("Referrals of the days that went off and whose answer is awaited for longer than the centre waits."),
            Counts.REFERRALS, road.without_an_answer_for_long, source=road.REFERRALS,
        ),
        Figure(
            "trips",
            _("Trips of the ambulance"),
            _("Trips by the day of leaving: emergencies, transfers, patients and the deceased brought home."),
            Counts.TRIPS, source=road.TRIPS,
        ),
        Figure(
            "trip_kilometres",
            _("Kilometres driven"),
            _("Kilometres of the trips that are over, by the day of leaving."),
            Counts.KILOMETRES, road.back, source=road.TRIPS, parts=road.KILOMETRES,
        ),
        # --- Money ---
        Figure(
            "donations",
            _("Donations received"),
            _("What the funds were given, less what was taken back, in the smallest unit of one currency."),
            Counts.MONEY, money.of_role(Account.DONATIONS), source=money.GIVEN, parts=money.INCOME, apart="currency",
        ),
        Figure(
            "receipts",
            _("Donation receipts"),
            _("Receipts written for donations, without those taken back."),
            Counts.PAPERS, source=money.RECEIPTS,
        ),
        Figure(
            "medicine_bought",
            _("Paid for medicine"),
            _("What the funds paid for medicine, less what was taken back, in the smallest unit of one currency."),
            Counts.MONEY, money.of_role(Account.PURCHASES), source=money.ENTRIES, parts=money.BOUGHT, apart="currency",
        ),
        Figure(
            "purchases",
            _("Purchases of medicine"),
            _("Purchases out of the funds, without those taken back."),
            Counts.PAPERS, source=money.PURCHASES,
        ),
        Figure(
            "aid_paid",
            _("Paid for patients"),
            _("What our funds paid for patients, less what was taken back, in the smallest unit of one currency."),
            Counts.MONEY, money.of_role(Account.AID), source=money.HELP, parts=money.AIDED, apart="currency",
        ),
        Figure(
            "aid_by_equity_fund",
            _("Paid by the Health Equity Fund"),
            _("What the Health Equity Fund paid for patients we help; no money of ours."),
            Counts.MONEY, money.by_the_equity_fund, source=money.COSTS, parts=money.MINOR, apart="currency",
        ),
        Figure(
            "cash_differences",
            _("Found when cash was counted"),
            _("What was found too much, less what was missing, when cash was counted."),
            Counts.MONEY, money.of_role(Account.DIFFERENCES), source=money.ENTRIES, parts=money.FOUND, apart="currency",
        ),
        Figure(
            "fund_balance",
            _("Held by the funds"),
            _("The cash of the funds at the end of the last day, by the books, in the smallest unit of one currency."),
            Counts.MONEY, money.of_role(Account.CASH), source=money.BALANCE, parts=money.HELD, apart="currency",
        ),
        Figure(
            "aid_cases",
            _("Cases of help with costs"),
            _("Cases opened, those refused left out."),
            Counts.CASES, source=money.CASES,
        ),
        Figure(
            "people_helped",
            _("People helped with costs"),
            _("Different persons for whom our funds paid something that was not taken back. Months do not add up."),
            Counts.PEOPLE, money.first_help, source=money.COSTS, without=("kind", "currency"),
        ),
        # --- Medicine ---
        Figure(
            "medicine_received",
            _("Medicine received"),
            _("Units of one medicine that came in, less what was taken back."),
            Counts.UNITS, stock.touching(Place.SOURCE), source=stock.MOVES, parts=stock.RECEIVED, without=("why",),
            apart="medicine",
        ),
        Figure(
            "medicine_given",
            _("Medicine given"),
            _("Units of one medicine given to patients, less what they brought back."),
            Counts.UNITS, stock.touching(Place.PATIENTS), source=stock.MOVES, parts=stock.GIVEN, without=("why",),
            apart="medicine",
        ),
        Figure(
            "medicine_adjusted",
            _("Medicine found by counting"),
            _("Units of one medicine found too much, less what was missing, when the shelves were counted."),
            Counts.UNITS, stock.touching(Place.COUNT), source=stock.MOVES, parts=stock.ADJUSTED, apart="medicine",
        ),
        Figure(
            "medicine_written_off",
            _("Medicine written off"),
            _("Units of one medicine that expired, broke or were lost, less what was taken back."),
            Counts.UNITS, stock.touching(Place.WASTE), source=stock.MOVES, parts=stock.WRITTEN_OFF, apart="medicine",
        ),
        Figure(
            "medicine_left",
            _("Medicine on the shelves"),
            _("Units of one medicine on all shelves at the end of the last day, expired ones too."),
            Counts.UNITS, source=stock.SHELVES, parts=stock.LEFT, apart="medicine",
        ),
        Figure(
            "stock_value",
            _("Worth of the medicine on the shelves"),
            _("What lies there at the end of the last day, at what it cost or a gift's fair value; one currency."),
            Counts.MONEY, source=stock.WORTH, apart="currency",
        ),
        Figure(
            "medicines_out",
            _("Medicines that were out"),
            _("Medicines of which nothing could be given at the end of at least one day."),
            Counts.MEDICINES, source=stock.OUT,
        ),
        Figure(
            "days_out",
            _("Days without a medicine"),
            _("Days at whose end nothing of a medicine could be given, summed over the medicines."),
            Counts.DAYS, source=stock.DAYS_OUT,
        ),
        Figure(
            "batches_expiring",
            _("Batches that expire soon"),
            _("Batches on the shelves at the end of the last day that expire within 90 days after it."),
            Counts.BATCHES, source=stock.EXPIRING,
        ),
        Figure(
            "batches_expired",
            _("Expired batches on the shelves"),
            _("Batches still on the shelves at the end of the last day that have expired."),
            Counts.BATCHES, source=stock.EXPIRED,
        ),
    )
}  # fmt: skip

# The figures of the cube (contract 1): those with one number for every month, service, age and sex.
COUNTED = [
    FIGURES[name]
    for name in (
        "patients_assessed", "people_reached", "new_patients_admitted", "dental_education", "toothbrushes_given",
        "toothpaste_given",
    )
]  # fmt: skip
HAND_OUTS = [figure.name for figure in COUNTED if figure.counts is Counts.HAND_OUTS]
