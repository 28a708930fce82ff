"""The tables of the figures, built once: pages, PDF and Excel show the same rows in the same order.

A number knows which figure it is and by which keys it is narrowed, so that a page can link it to its records.
"""

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
from reports.tables.shape import Column, Number, Row, Table, Value

__all__ = [
    "Column", "Number", "Row", "Table", "Value", "ages", "conditions", "definitions", "hand_outs", "months",
    "published_results", "services", "summary", "trend", "unknown_ages",
]  # fmt: skip
