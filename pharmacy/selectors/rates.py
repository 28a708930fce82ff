"""How many riel a dollar is worth: only to show a common total beside the two currencies, with the rate named."""

from __future__ import annotations

from datetime import date

from core.money import Rate as Factor
from pharmacy.models import Rate

SHOWN = 60


def holding(on: date) -> Rate | None:
    """Return the rate that holds on a day: that day's, or the last before it; None when there was none yet."""
    return Rate.objects.filter(on__lte=on).order_by("-on").first()


def factor(rate: Rate) -> Factor:
    """Return what turns amounts of one currency into the other."""
    return Factor(rate.riel)


def latest() -> list[Rate]:
    """Return the newest rates with who wrote them."""
    return list(Rate.objects.select_related("recorded_by").order_by("-on")[:SHOWN])
