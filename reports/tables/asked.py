"""Numbers of a paper's facts, and tables of them that need no more than a list of lines."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from core.money import Currency
from reports.facts import Facts
from reports.tables.shape import Column, Number, Row, Table

MONEY = frozenset({"donations", "medicine_bought", "cash_differences", "aid_paid", "aid_by_equity_fund", "stock_value"})


def number(facts: Facts, figure: str, **keys: str) -> Number:
    """Return one number of a figure, with what it is narrowed to."""
    answer = facts.answers[figure]
    value = answer.value(**keys) if keys else answer.total
    return Number(value, figure, keys, unit=keys["currency"] if figure in MONEY else "")


def lines(key: str, title: str, head: str, rows: Sequence[Row], note: str = "") -> Table:
    """Return a table of lines with one number each."""
    return Table(key, title, [Column(head, number=False), Column(gettext("Number"))], rows, note=note)


def currency_words(currency: Currency | str) -> str:
    """Return riel or dollars."""
    return gettext("riel") if Currency(currency) is Currency.KHR else gettext("dollars")
