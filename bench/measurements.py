"""What can be measured, by name."""

from __future__ import annotations

from bench import books, figures, herd, pages, registers, search
from bench import pairs as alike
from bench.frame import Measurement

MEASUREMENTS = {
    "register": Measurement("send the form of a new person", 10_000, 60, pages.a_desk, pages.register),
    "search": Measurement(
        "type each kind of thing into the one box", 20_000, 60, search.a_desk, search.once, table=search.table
    ),
    "record": Measurement("open a person's whole record", 10_000, 100, pages.a_desk, pages.record),
    "visit": Measurement("open and close a visit in one form", 10_000, 60, pages.a_desk, pages.visit),
    "import": Measurement("load a register; per second: rows", 12_000, 1, registers.registers, registers.load, most=4),
    "pairs": Measurement(
        "look at everybody for likely pairs; per second: people", 20_000, 1, alike.a_register, alike.look, most=1
    ),
    "herd": Measurement(
        "50 tablets hand in their day while the desk works; per second: saves",
        10_000,
        6,
        herd.a_herd,
        herd.once,
        most=1,
        table=herd.table,
    ),
    "books": Measurement(
        "follow what a village gave in a month through all the books",
        1_000_000,
        5,
        books.books,
        books.once,
        table=books.table,
    ),
    "month": Measurement("open the page of a month", 10_000, 20, pages.a_desk, pages.figures),
    "figures": Measurement(
        "count a month of figures out of ten years of contacts",
        1_000_000,
        5,
        figures.years,
        figures.once,
        table=figures.table,
    ),
}
