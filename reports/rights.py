"""Which figures a role sees in a report that was shared with it.

Who may see figures at all sees every one of them. For the others a shared report opens what is counted of the work
itself; money, medicine, help and the road stay with those whose work they are. A source that is not named here stays
closed.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.accounts.roles import Action, Role, allowed
from reports.figures import FIGURES, Figure
from reports.sources import care, contacts, money, road, rounds, stock, talks, teeth
from reports.sources.source import Source

OUTSIDE = frozenset({Role.DONOR})  # what they get leaves the house: small numbers of villages are hidden

_WORK = (
    contacts.CONTACTS, care.DISCHARGES, care.BED_DAYS, care.DOSES, care.ANTENATAL, rounds.SESSIONS, talks.TALKS,
    talks.LISTENERS, teeth.CHECKUPS,
)  # fmt: skip
# Sources beside the actions of which one is enough.
NEEDS: tuple[tuple[tuple[Source, ...], frozenset[Action]], ...] = (
    (_WORK, frozenset({Action.READ_REPORTS})),
    ((money.ENTRIES, money.GIVEN, money.BALANCE, money.RECEIPTS, money.PURCHASES),
     frozenset({Action.SEE_BOOKS, Action.FOLLOW_MONEY})),
    ((money.HELP, money.CASES, money.COSTS), frozenset({Action.SEE_AID})),
    ((stock.MOVES, stock.SHELVES, stock.WORTH, stock.EXPIRING, stock.EXPIRED, stock.OUT, stock.DAYS_OUT),
     frozenset({Action.SEE_STOCK})),
    ((road.REFERRALS, road.TRIPS), frozenset({Action.SEE_REFERRALS})),
)  # fmt: skip


def may_see(role: str, figure: Figure) -> bool:
    """Return whether people of a role see a figure that is shared with them."""
    if allowed(role, Action.SEE_FIGURES):
        return True
    for sources, actions in NEEDS:
        if any(source is figure.source for source in sources):
            return any(allowed(role, action) for action in actions)
    return False


def visible(role: str, figures: Iterable[str]) -> tuple[str, ...]:
    """Return those of some figures that a role sees, in their order."""
    return tuple(name for name in figures if name in FIGURES and may_see(role, FIGURES[name]))
