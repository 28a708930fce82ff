"""Questions about referrals, trips and the books of the road; everything is imported from here."""

from referrals.selectors.journeys import (
    Around,
    around,
    drivers,
    legs_of,
    open_trips,
    readings_beside,
    trip,
    trips_of,
    trips_of_patient,
    vehicles,
    with_next_reading,
)  # fmt: skip
from referrals.selectors.referrals import (
    answer_due,
    calls_of,
    ended,
    hospitals,
    long_awaited,
    news_for,
    of_patient,
    open_referrals,
    referral,
    steps_of,
    unanswered,
    with_names,
)
from referrals.selectors.road import (
    PAGE,
    Sent,
    Travelled,
    fuel,
    log,
    months,
    sent,
    span,
    taken_on_trips,
    trips,
    trips_total,
    waits,
)

__all__ = [
    "PAGE", "Around", "Sent", "Travelled", "answer_due", "around", "calls_of", "drivers", "ended", "fuel",
    "hospitals", "legs_of", "log", "long_awaited", "months", "news_for", "of_patient", "open_referrals", "open_trips",
    "readings_beside", "referral", "sent", "span", "steps_of", "taken_on_trips", "trip", "trips", "trips_of",
    "trips_of_patient", "trips_total", "unanswered", "vehicles", "waits", "with_names", "with_next_reading",
]  # fmt: skip
