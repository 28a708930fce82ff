"""What dimensions are called, and what each of their keys is called: one statement where keys are ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from clinic.models import Condition, EquityLevel
from clinic.models.admission import DischargeType, Outcome
from clinic.models.assessment import PreventiveDose
from core.ages import BandSet
from core.places.models import Commune, District, Village
from mobile_team.models import Attendance, Education, Route, Session, ToothTreatment
from pharmacy.models import AidCase, AidCost, Batch, Donation, Fund, Medicine, Move
from referrals.models import Hospital, Referral, Trip, Vehicle
from reports.figures import Figure
from reports.naming import SERVICES_SHORT, SEXES, band_words, month_words
from reports.sources.source import NONE

Words = str | Promise

DIMENSIONS: dict[str, Words] = {
    "month": _("Month"),
    "service": _("Service"),
    "band": _("Age"),
    "sex": _("Sex"),
    "district": _("District"),
    "commune": _("Commune"),
    "village": _("Village"),
    "route": _("Route of the mobile team"),
    "condition": _("Condition"),
    "case": _("Case"),
    "visit": _("First contact ever"),
    "equity": _("Equity card"),
    "hospital": _("Hospital"),
    "urgency": _("Urgency"),
    "purpose": _("Purpose of the trip"),
    "vehicle": _("Vehicle"),
    "state": _("State"),
    "reason": _("Reason"),
    "topic": _("Topic"),
    "audience": _("Audience"),
    "grown": _("Adults and children"),
    "discharge": _("Discharge"),
    "outcome": _("Outcome"),
    "item": _("Preventive dose"),
    "number": _("Number of the contact"),
    "fund": _("Fund"),
    "currency": _("Currency"),
    "source": _("Came from"),
    "kind": _("Kind of cost"),
    "eligible": _("Eligible for help"),
    "medicine": _("Medicine"),
    "why": _("Reason"),
    "part": _("Decayed, missing or filled"),
    "treatment": _("Treatment"),
}

FIXED: dict[str, Mapping[str, Words]] = {
    "service": SERVICES_SHORT,
    "sex": SEXES,
    "case": {"new": _("New case"), "follow_up": _("Follow-up")},
    "visit": {"new": _("New patient"), "known": _("Known patient")},
    "equity": {
        **dict(EquityLevel.choices), "unsaid": _("A card without a level"), NONE: _("No card"),
    },
    "part": {"decayed": _("Decayed"), "missing": _("Missing"), "filled": _("Filled")},
    "treatment": dict(ToothTreatment.What.choices),
    "grown": {"adult": _("Adults"), "child": _("Children")},
    "currency": {"KHR": _("Riel (៛)"), "USD": _("Dollars ($)")},
}  # fmt: skip
# A name may mean different choices in different figures; the keys tell which.
CHOICES: dict[str, tuple[Any, ...]] = {
    "urgency": (Referral.Urgency,),
    "purpose": (Trip.Purpose,),
    "state": (Session.State, Referral.State),
    "reason": (Session.Reason,),
    "topic": (Education.Topic,),
    "audience": (Attendance.Audience,),
    "discharge": (DischargeType,),
    "outcome": (Outcome,),
    "item": (PreventiveDose.What,),
    "source": (Donation.Source, Batch.Source),
    "kind": (AidCost.Kind,),
    "eligible": (AidCase.Eligible,),
    "why": (Move.Why,),
}
ROWS: dict[str, type[Model]] = {
    "district": District,
    "commune": Commune,
    "village": Village,
    "route": Route,
    "hospital": Hospital,
    "vehicle": Vehicle,
    "fund": Fund,
    "medicine": Medicine,
}


def words_of_keys(figure: Figure, dimension: str, keys: Iterable[str], bands: BandSet) -> dict[str, str]:
    """Return the name of each key in the language of the moment; a key nobody knows stands for itself."""
    keys = list(keys)
    if dimension == "month":
        return {key: month_words(key) for key in keys}
    if dimension == "band":
        return {key: band_words(bands, key) for key in keys}
    found = _fixed(figure, dimension) or _named(dimension, [key for key in keys if key != NONE])
    return {key: str(found.get(key) or (gettext("not said") if key == NONE else key)) for key in keys}


def _fixed(figure: Figure, dimension: str) -> Mapping[str, Words]:
    if dimension in FIXED:
        return FIXED[dimension]
    known = set(figure.source.dimensions[dimension].keys)
    for choices in CHOICES.get(dimension, ()):
        words = {str(value): label for value, label in choices.choices}
        if known <= words.keys():
            return words
    return {}


def _named(dimension: str, keys: list[str]) -> dict[str, Words]:
    if dimension == "condition":
        named = "name_en" if get_language() == "en" else "name_km"
        return dict(Condition.objects.filter(key__in=keys).values_list("key", named))
    model = ROWS.get(dimension)
    if model is None or not keys:
        return {}
    return {str(row.pk): str(row) for row in model._default_manager.filter(pk__in=keys)}
