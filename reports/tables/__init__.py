"""The tables of the figures, built once: pages, PDF and Excel show the same rows in the same order.

A number knows which figure it is and by which keys it is narrowed, so that a page can link it to its records.
"""

from reports.tables.care import care, dental_care, people, referrals, road, talks, teeth, trips
from reports.tables.contacts import (
    ages,
    conditions,
    definitions,
    hand_outs,
    months,
    published_results,
    services,
    summary,
    trend,
    unknown_ages,
)
from reports.tables.restated import restatement
from reports.tables.rounds import quality, villages
from reports.tables.shape import HIDDEN, Column, Number, Row, Table, Value, in_words
from reports.tables.supply import aid, expiring, funds, gifts, stock, stock_outs

__all__ = [
    "HIDDEN", "Column", "Number", "Row", "Table", "Value", "ages", "aid", "care", "conditions", "definitions",
    "dental_care", "expiring", "funds", "gifts", "hand_outs", "in_words", "months", "people", "published_results",
    "quality", "referrals", "restatement", "road", "services", "stock", "stock_outs", "summary", "talks", "teeth",
    "trend", "trips", "unknown_ages", "villages",
]  # fmt: skip
