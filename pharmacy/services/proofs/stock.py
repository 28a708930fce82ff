"""Proofs of batches, moves, dispensings and counted shelves."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from core.audit.models import Entry
from pharmacy.models import Batch, CountLine, Dispensing, Move, Place, StockCount
from pharmacy.services.proofs.found import MOST, SHELVES, Broken, as_key, below_zero, rows, taken_back

FROM_SHELF, TO_SHELF = ~Q(source__in=Place.OUTSIDE), ~Q(target__in=Place.OUTSIDE)
GIVEN, BROUGHT_BACK = Q(target=Place.PATIENTS), Q(source=Place.PATIENTS)


def shelves_never_below_zero() -> Iterator[Broken]:
    """Prove that no batch on a shelf ends a day below zero."""
    found = below_zero("pharmacy_move", "quantity", "target_id", "source_id", SHELVES, "batch_id")
    for batch, place, day in found:
        yield Broken("books.shelf_below_zero", "batch", as_key(batch), f" at {place}", day)


def batches_tie_to_moves() -> Iterator[Broken]:
    """Prove that a batch came in once; a bought one on the day of its purchase, and back only with it."""
    arrivals = Move.objects.filter(source=Place.SOURCE, reverses=None)
    never = Batch.objects.filter(~Exists(arrivals.filter(batch=OuterRef("pk"))))
    yield from rows("books.batch_in_once", never)
    twice = arrivals.order_by("batch").values_list("batch").annotate(n=Count("pk")).filter(n__gt=1)
    for batch, _ in twice[:MOST]:
        yield Broken("books.batch_in_once", "batch", str(batch))
    bought = arrivals.filter(batch__purchase__isnull=False)
    yield from rows("books.batch_day", bought.exclude(on=F("batch__purchase__on")))
    stands, gone = Q(batch__purchase__void_reason=""), Q(pk__in=taken_back(Move))
    yield from rows("books.batch_without_money", bought.exclude((stands & ~gone) | (~stands & gone)))
    yield from rows("books.batch_came_expired", arrivals.filter(batch__expires_on__lt=F("on")))


def moves_have_a_way() -> Iterator[Broken]:
    """Prove that medicine goes only where it can go: in, from shelf to shelf, out, and back from whom it was given to.

    What patients got belongs to a dispensing, or to the errand of a kit.
    """
    dispensed = Q(dispensing__isnull=False)
    right = (
        Q(reverses__isnull=False)
        | (Q(source=Place.SOURCE) & TO_SHELF)
        | (FROM_SHELF & TO_SHELF)
        | (FROM_SHELF & GIVEN & (dispensed | Q(errand__isnull=False)))
        | (FROM_SHELF & Q(target__in=(Place.WASTE, Place.COUNT)))
        | (Q(source=Place.COUNT) & TO_SHELF)
        | (BROUGHT_BACK & dispensed & (TO_SHELF | Q(target=Place.WASTE)))
    )
    yield from rows("books.move_way", Move.objects.exclude(right))


def dispensings_have_their_moves() -> Iterator[Broken]:
    """Prove that a dispensing is one medicine handed out on its day, and that no more came back than was given.

    One for a prescription of which nothing has been given yet has no moves; a voided one has none that stands.
    """
    moves = Move.objects.filter(GIVEN, dispensing=OuterRef("pk"))
    unprescribed = Dispensing.objects.filter(ordered=None, treatment=None, dropped="", void_reason="")
    yield from rows("books.dispensing_empty", unprescribed.filter(~Exists(moves)))
    voided = Dispensing.objects.exclude(void_reason="")
    yield from rows("books.dispensing_void", voided.filter(Exists(moves.exclude(pk__in=taken_back(Move)))))
    of = Move.objects.filter(dispensing__isnull=False)
    right = (GIVEN & FROM_SHELF & Q(on=F("dispensing__on"))) | (BROUGHT_BACK & Q(on__gte=F("dispensing__on")))
    yield from rows("books.dispensing_move", of.exclude(right))
    stands = of.exclude(pk__in=taken_back(Move)).order_by().values("dispensing", "batch")
    given = Coalesce(Sum("quantity", filter=GIVEN), 0)
    more = stands.annotate(given=given, back=Coalesce(Sum("quantity", filter=BROUGHT_BACK), 0)).filter(
        back__gt=F("given")
    )
    for dispensing, batch in more.values_list("dispensing", "batch").order_by("dispensing", "batch")[:MOST]:
        yield Broken("books.returned_more", "dispensing", str(dispensing), f", batch {batch}")
    kinds = of.order_by("dispensing").values_list("dispensing")
    kinds = kinds.annotate(low=Min("batch__medicine"), high=Max("batch__medicine")).filter(low__lt=F("high"))
    for dispensing, *_ in kinds[:MOST]:
        yield Broken("books.dispensing_mixed", "dispensing", str(dispensing))


def nothing_expired_or_recalled_was_given() -> Iterator[Broken]:
    """Prove that no patient got medicine after it expired, or once it was known to be recalled.

    A recall that was heard of late names an earlier day than the one on which it was written down.
    """
    given = Move.objects.filter(GIVEN, dispensing__isnull=False)
    yield from rows("books.given_expired", given.filter(batch__expires_on__lt=F("on")))
    told = Entry.objects.filter(verb="pharmacy.batch.recalled", subject_id=OuterRef("batch")).order_by("-seq")
    recalled = given.filter(batch__recalled_on__lte=F("on")).annotate(heard=Subquery(told.values("at")[:1]))
    yield from rows("books.given_recalled", recalled.filter(recorded_at__gt=F("heard")))


def counts_tie_to_moves() -> Iterator[Broken]:
    """Prove that a posted count brought the books just to what was found, and that no other count moved anything."""
    posted = Q(count__state=StockCount.State.POSTED)
    lines = CountLine.objects.annotate(last=Coalesce("recounted", "counted"))
    yield from rows("books.count_moved_early", lines.filter(~posted, move__isnull=False))
    here = Q(move__batch=F("batch"), move__on=F("count__on"), move__reverses=None)
    agrees = Q(last=F("expected"), move=None)
    more = here & Q(move__source=Place.COUNT, move__target=F("count__place"), last__gt=F("expected"),
                    move__quantity=F("last") - F("expected"))  # fmt: skip
    less = here & Q(move__source=F("count__place"), move__target=Place.COUNT, last__lt=F("expected"),
                    move__quantity=F("expected") - F("last"))  # fmt: skip
    uncounted = Q(last=None, move=None)
    yield from rows("books.count_difference", lines.filter(posted).exclude(agrees | more | less | uncounted))
    unexplained = Q(why="") | Q(recounted=None)
    yield from rows("books.count_unexplained", lines.filter(posted & unexplained, move__isnull=False))
