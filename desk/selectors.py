"""Questions across all rooms about one person; each is one statement, however long the history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, F, JSONField, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject, TruncDate

from clinic.models import (
    Admission,
    Allergy,
    AntenatalContact,
    CardPrint,
    Consent,
    Diagnosis,
    Encounter,
    EncounterVersion,
    LikelyPair,
    MedicineGiven,
    Merge,
    Pregnancy,
    PreventiveDose,
    StayNote,
    Treatment,
    Vitals,
)
from clinic.selectors import people
from clinic.selectors.households import with_family
from clinic.selectors.registry import written
from core.gather import gather
from core.periods import CLINIC_TZ, Month
from mobile_team import selectors as mobile_team
from mobile_team.models import CheckupVersion, DentalCheckup, Session, ToothFinding
from pharmacy.models import AidCase
from referrals import rules
from referrals import selectors as referrals
from referrals.models import Referral, Trip

Cursor = tuple[dt.date, UUID]
MEASURED = 60  # measurements drawn at most

AT_THE_CENTRE = [Encounter.Kind.OUTPATIENT, Encounter.Kind.INPATIENT]


# --- Who, and what is open now ---------------------------------------------------------------------------------------


def person(id: UUID, today: dt.date) -> Any:
    """Return a patient with all that the head of the record says, in one statement; None if unknown.

    A record that was merged away gives the one that took it up. `session_today` is the mobile team's session in the
    person's village today, where one is planned or held.
    """
    sessions = Session.objects.filter(village=OuterRef("village"), on=today).exclude(state=Session.State.CANCELLED)
    asked = Encounter.objects.exclude(follow_up_on=None)
    advised = mobile_team.awaited().filter(encounter__patient=OuterRef("pk")).order_by("-encounter__on", "-id")
    rows = people.with_alerts(people.standing(id).select_related("village__commune__district__province"))
    return (
        with_family(written(rows))
        .annotate(
            open_visits=gather(_open_visits(), "patient", id="id", on="on", complaint="complaint", urgency="urgency"),
            open_stays=gather(
                Admission.objects.open(), "patient", id="id", on="admitted_on", bed="bed__label", reason="reason",
                ward_km="bed__ward__name_km", ward_en="bed__ward__name_en",
            ),
            open_referrals=gather(
                Referral.objects.filter(state__in=rules.OPEN), "patient", id="id", on="on", state="state",
                hospital_km="hospital__name_km", hospital_en="hospital__name_en",
            ),
            open_aid=gather(AidCase.objects.filter(state=AidCase.State.OPEN), "patient", id="id", number="number",
                            illness="illness"),
            open_pregnancies=gather(_open_pregnancies(), "patient", id="id", edd="edd"),
            open_trips=gather(Trip.objects.standing().filter(returned_at=None), "patient", id="id", purpose="purpose"),
            session_today=Subquery(sessions.values("id")[:1]),
            asked_back=_newest(_not_seen_since(asked), on="on", back_on="follow_up_on"),
            advised=Subquery(
                advised.values(said=JSONObject(id="id", on="encounter__on"))[:1], output_field=JSONField()
            ),
            last_visit=_newest(_closed_visits(), id="id", on="on"),
            first_contact=Subquery(Encounter.objects.filter(patient=OuterRef("pk")).order_by("on").values("on")[:1]),
            teeth=gather(
                ToothFinding.objects.exclude(checkup__encounter__status=Encounter.Status.VOID),
                "checkup__encounter__patient", chart="checkup", on="checkup__encounter__on", tooth="tooth", code="code",
                pufa="pufa",
            ),
            **_kept_of_the_person(),
        )
        .first()
    )  # fmt: skip


def _kept_of_the_person() -> dict[str, Any]:
    """Return, for annotations, what is kept beside contacts: consents, doses, cards, merges, likely doubles."""
    doubles = LikelyPair.objects.filter(state=LikelyPair.State.OPEN)
    return {
        "agreed": gather(Consent.objects.all(), "patient", id="id", purpose="purpose", given="given", on="on"),
        "doses": gather(PreventiveDose.objects.filter(void_reason=""), "patient", what="what", on="on"),
        "cards": gather(CardPrint.objects.all(), "patient", at="recorded_at", reason="reason"),
        "taken_up": gather(
            Merge.objects.filter(undone_at=None), "winner", id="id", number="loser__number", at="recorded_at",
        ),
        "doubles_before": gather(doubles, "other", **{"with": "one_id"}),
        "doubles_after": gather(doubles, "one", **{"with": "other_id"}),
    }  # fmt: skip


def _open_visits() -> QuerySet[Encounter]:
    return Encounter.objects.filter(status=Encounter.Status.OPEN, kind=Encounter.Kind.OUTPATIENT)


def _closed_visits() -> QuerySet[Encounter]:
    return Encounter.objects.filter(status=Encounter.Status.CLOSED, kind=Encounter.Kind.OUTPATIENT)


def _open_pregnancies() -> QuerySet[Pregnancy]:
    return Pregnancy.objects.filter(ended_on=None, void_reason="")


def _not_seen_since(contacts: QuerySet[Encounter]) -> QuerySet[Encounter]:
    """Leave the contacts after which the person has not been seen at the centre."""
    later = Encounter.objects.filter(
        Q(on__gt=OuterRef("on")) | Q(on=OuterRef("on"), recorded_at__gt=OuterRef("recorded_at")),
        patient=OuterRef("patient"), kind__in=AT_THE_CENTRE,
    ).exclude(status=Encounter.Status.VOID)  # fmt: skip
    return contacts.exclude(status=Encounter.Status.VOID).filter(~Exists(later))


def _newest(contacts: QuerySet[Encounter], **fields: str) -> Subquery:
    rows = contacts.filter(patient=OuterRef("pk")).order_by("-on", "-id")
    return Subquery(rows.values(said=JSONObject(**fields))[:1], output_field=JSONField())


def measured(patient_id: UUID) -> list[Vitals]:
    """Return the newest measurements of a person that stand, in the order of time; one statement."""
    rows = Vitals.objects.filter(encounter__patient=patient_id, void_reason="").select_related("encounter")
    rows = rows.exclude(encounter__status=Encounter.Status.VOID)
    return list(rows.order_by("-measured_at", "-id")[:MEASURED])[::-1]


class Problem(NamedTuple):
    """An illness a person had: its names and code, first and last found, in how many contacts."""

    name_km: str
    name_en: str
    icd10: str
    first: dt.date
    last: dt.date
    times: int


def problems(patient_id: UUID) -> list[Problem]:
    """Return every illness found in a person so far, the newest first; one statement."""
    rows = Diagnosis.objects.filter(encounter__patient=patient_id).exclude(encounter__status=Encounter.Status.VOID)
    named = rows.order_by().values_list("condition__name_km", "condition__name_en", "condition__icd10")
    seen: Any = named.annotate(
        first=Min("encounter__on"), last=Max("encounter__on"), times=Count("encounter", distinct=True)
    )
    return [Problem(*row) for row in seen.order_by("-last", "condition__name_en")]


# --- What happened, room by room -------------------------------------------------------------------------------------


def contacts_wanted(wanted: Any) -> Q | None:
    """Return what contacts must say to be shown; None where all are wanted."""
    if wanted.kind == "pregnancy":
        return Q(antenatal__isnull=False) & (_speaking_of(wanted.words) if wanted.words else Q())
    return _speaking_of(wanted.words) if wanted.words else None


def _speaking_of(words: str) -> Q:
    named = Q(condition__name_en__icontains=words) | Q(condition__name_km__icontains=words)
    found = Diagnosis.objects.filter(
        named | Q(note__icontains=words) | Q(condition__icd10__istartswith=words), encounter=OuterRef("pk")
    )
    given = Treatment.objects.filter(Q(what__icontains=words) | Q(dose__icontains=words), encounter=OuterRef("pk"))
    noted = StayNote.objects.filter(text__icontains=words, encounter=OuterRef("pk"))
    written = Q()
    for name in ("complaint", "findings", "advice", "result_text", "admission__reason", "admission__summary"):
        written |= Q(**{f"{name}__icontains": words})
    return written | Q(Exists(found)) | Q(Exists(given)) | Q(Exists(noted))


def below_contacts(ids: list[UUID]) -> dict[UUID, Any]:
    """Return what else hangs on contacts: notes, medicine given in bed, doses, care in pregnancy, corrections."""
    rows = Encounter.objects.filter(pk__in=ids).order_by().only("pk").annotate(
        written=gather(
            StayNote.objects.all(), "encounter", id="id", at="at", kind="kind", text="text", supersedes="supersedes"
        ),
        given=gather(
            MedicineGiven.objects.filter(void_reason=""), "encounter", what="what", dose="dose", at="at", state="state",
            reason="reason",
        ),
        measured=gather(
            Vitals.objects.filter(void_reason="", encounter__kind=Encounter.Kind.INPATIENT), "encounter",
            measured_at="measured_at", **{name: name for name in Vitals.MEASURES},
        ),
        doses=gather(PreventiveDose.objects.filter(void_reason=""), "encounter", what="what", dose="dose"),
        found_in_pregnancy=gather(
            AntenatalContact.objects.all(), "encounter", fundal_height="fundal_height", haemoglobin="haemoglobin",
            fetal_heart_rate="fetal_heart_rate", urine_protein="urine_protein", tetanus="tetanus",
            iron_tablets="iron_tablets",
        ),
        changes=gather(
            EncounterVersion.objects.all(), "encounter", number="number", why="why", at="recorded_at",
            who="recorded_by__name",
        ),
    )  # fmt: skip
    return {row.pk: row for row in rows}


def checkups(patient_id: UUID, encounter_ids: list[UUID]) -> dict[UUID, DentalCheckup]:
    """Return the check-ups done at these contacts, by contact, as `mobile_team.whole` reads them, with `changes`."""
    changes = gather(
        CheckupVersion.objects.all(), "checkup", number="number", why="why", at="recorded_at", who="recorded_by__name"
    )
    rows = mobile_team.of_patient(patient_id).filter(encounter__in=encounter_ids).prefetch_related(None)
    return {row.encounter_id: row for row in mobile_team.whole(rows).annotate(changes=changes)}


def referrals_of(wanted: Any) -> list[Referral]:
    """Return one page of the person's referrals, newest first."""
    rows = referrals.of_patient(wanted.patient.pk).select_related("hospital", "recorded_by")
    names = (
        "reason", "diagnosis", "danger_signs", "findings", "treatment_given", "answer", "answer_diagnosis",
        "answer_treatment", "answer_advice", "hospital__name_km", "hospital__name_en",
    )  # fmt: skip
    return _page(_holding(rows, names, wanted.words), wanted)


def trips_of(wanted: Any) -> list[Trip]:
    """Return one page of the journeys that carried the person, newest first, with the day they began in `on`."""
    rows = referrals.trips_of_patient(wanted.patient.pk).annotate(on=TruncDate("departed_at", tzinfo=CLINIC_TZ))
    rows = _holding(rows, ("destination", "driver", "escort", "handed_over_to"), wanted.words)
    return _page(rows.select_related("vehicle", "recorded_by"), wanted)


def _holding(rows: QuerySet[Any], names: tuple[str, ...], words: str) -> QuerySet[Any]:
    """Keep the rows that hold some words in one of these columns; all, when there are no words."""
    found = Q()
    for name in names if words else ():
        found |= Q(**{f"{name}__icontains": words})
    return rows.filter(found)


def _page(rows: QuerySet[Any], wanted: Any) -> list[Any]:
    if wanted.before:
        on, key = wanted.before
        rows = rows.filter(Q(on__lt=on) | Q(on=on, id__lt=key))
    return list(rows.order_by("-on", "-id")[: wanted.limit])


# --- What is kept of a person outside contacts ------------------------------------------------------------------------


class Fact(NamedTuple):
    """One row of those tables: its id, its day, which table, and what it says."""

    id: UUID
    on: dt.date
    what: str
    said: dict[str, Any]


class Table(NamedTuple):
    """Where facts of one sort are kept: whose they are, on which day, what they say, where words are looked for."""

    kind: str
    what: str
    rows: Callable[[], QuerySet[Any]]
    whose: str
    on: Any
    said: dict[str, Any]
    words: tuple[str, ...] = ()


def _recorded_day() -> TruncDate:
    return TruncDate("recorded_at", tzinfo=CLINIC_TZ)


TABLES = (
    Table("person", "allergy", Allergy.objects.all, "patient", F("told_on"),
          {"substance": "substance", "reaction": "reaction", "severe": "severe", "void": "void_reason"},
          ("substance", "reaction")),
    Table("prevention", "dose", PreventiveDose.objects.all, "patient", F("on"),
          {"name": "what", "dose": "dose", "despite": "despite", "void": "void_reason"}, ("what", "dose")),
    Table("pregnancy", "pregnancy", Pregnancy.objects.all, "patient", _recorded_day(),
          {"edd": "edd", "void": "void_reason"}),
    Table("pregnancy", "birth", lambda: Pregnancy.objects.exclude(ended_on=None), "patient", F("ended_on"),
          {"outcome": "outcome", "void": "void_reason"}),
    Table("person", "card", CardPrint.objects.all, "patient", _recorded_day(), {"reason": "reason"}),
    Table("person", "consent", Consent.objects.all, "patient", F("on"),
          {"purpose": "purpose", "given": "given", "said_by": "said_by"}, ("said_by",)),
    Table("aid", "aid", AidCase.objects.all, "patient", F("on"),
          {"number": "number", "illness": "illness", "state": "state", "outcome": "outcome"}, ("illness", "number")),
    Table("person", "merge", Merge.objects.all, "winner", _recorded_day(),
          {"number": "loser__number", "reason": "reason", "undone": "undone_at"}, ("reason", "loser__number")),
)  # fmt: skip


def facts(wanted: Any) -> list[Fact]:
    """Return one page of what is kept of a person outside contacts, newest first, in one statement.

    With words only what says something can be found. A dose given in a contact stands there, unless doses are asked
    for.
    """
    parts = [
        _facts(table, wanted)
        for table in TABLES
        if wanted.kind in ("", table.kind) and (table.words or not wanted.words)
    ]
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return [Fact(*row) for row in rows.order_by("-day", "-id")[: wanted.limit]]


def _facts(table: Table, wanted: Any) -> QuerySet[Any]:
    rows = _holding(table.rows().filter(**{table.whose: wanted.patient.pk}), table.words, wanted.words)
    if table.what == "dose" and not wanted.kind:
        rows = rows.filter(encounter=None)
    rows = rows.order_by().annotate(day=table.on)
    if wanted.before:
        on, key = wanted.before
        rows = rows.filter(Q(day__lt=on) | Q(day=on, id__lt=key))
    said = JSONObject(by="recorded_by__name", **table.said)
    return rows.annotate(what_it_is=Value(table.what), said=said).values_list("id", "day", "what_it_is", "said")


# --- The day's work ---------------------------------------------------------------------------------------------------

ASKED_BACK = dt.timedelta(days=14)  # how long somebody who did not come stays on the list
LONGEST_WAIT = dt.timedelta(days=400)  # between a visit and the day for which it asks back


def due_back(today: dt.date, limit: int = 30) -> list[Encounter]:
    """Return the contacts that asked somebody back for today or the last days and were not followed by another."""
    rows = Encounter.objects.filter(
        on__gte=today - LONGEST_WAIT, follow_up_on__range=(today - ASKED_BACK, today), patient__deceased_on=None
    )
    return list(_not_seen_since(rows).select_related("patient__village").order_by("-follow_up_on", "id")[:limit])


def contacts_in(*months: Month) -> list[dict[str, int]]:
    """Return the contacts of each month by service, and their `total`; one statement."""
    spans = {f"m{n}": Q(on__range=(month.first, month.last)) for n, month in enumerate(months)}
    counts = {f"{name}_{kind}": Count("id", filter=span & Q(kind=kind)) for name, span in spans.items()
              for kind in Encounter.Kind.values}  # fmt: skip
    first, last = min(month.first for month in months), max(month.last for month in months)
    sums = Encounter.objects.contacts().filter(on__range=(first, last)).aggregate(**counts)
    found = [{kind: sums[f"{name}_{kind}"] for kind in Encounter.Kind.values} for name in spans]
    return [by_kind | {"total": sum(by_kind.values())} for by_kind in found]
