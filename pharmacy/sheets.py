"""The papers of the books before they are drawn: tables whose words stand in Khmer and in English beside them.

One sheet is shown on the screen in the language of the reader, printed in both, and written to Excel in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import get_language

from core.khmer import format_date
from core.money import Currency, Money
from pharmacy.models import Account, Entry, Fund, Medicine
from pharmacy.selectors.abroad import REGION, Abroad
from pharmacy.selectors.accounts import Statement, TrialBalance


@dataclass(frozen=True)
class Said:
    """The same words in Khmer and in English; as text in the language of the reader."""

    km: str
    en: str

    def __str__(self) -> str:
        return self.en if get_language() == "en" else self.km

    @property
    def both(self) -> str:
        return f"{self.km} · {self.en}" if self.km != self.en else self.en

    @property
    def lines(self) -> str:
        return f"{self.km}\n{self.en}" if self.km != self.en else self.en


Cell = Said | Money | str | int | date | None


def text(cell: Cell) -> str:
    """Return a cell as it stands on the screen."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


@dataclass(frozen=True)
class Column:
    """A column; `number` is set to the right."""

    words: Said
    number: bool = False
    width: float | None = None  # in mm, on paper


@dataclass(frozen=True)
class Sheet:
    """One table with its heading, a sum if it has one, and notes under it."""

    key: str
    title: Said
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None
    notes: Sequence[Said] = field(default_factory=tuple)

    def texts(self) -> list[list[tuple[str, bool]]]:
        """Return the rows for the screen: each cell with whether it is a number."""
        return [[(text(cell), column.number) for cell, column in zip(row, self.columns, strict=True)]
                for row in self.rows]  # fmt: skip

    def totals(self) -> list[tuple[str, bool]]:
        """Return the sum for the screen."""
        return [(text(cell), column.number) for cell, column in zip(self.total or (), self.columns, strict=False)]


@dataclass(frozen=True)
class Paper:
    """Some sheets under one title."""

    name: str  # of the file
    title: Said
    about: Said
    sheets: Sequence[Sheet]


def day(on: date) -> Said:
    """Return a day in words."""
    return Said(format_date(on, "km"), format_date(on, "en"))


def span(first: date, last: date) -> Said:
    """Return from when to when, in words."""
    begin, end = day(first), day(last)
    return Said(f"{begin.km} ដល់ {end.km}", f"{begin.en} to {end.en}")


def named(thing: Fund | Account) -> Said:
    """Return the names of a fund or an account."""
    return Said(thing.name_km, thing.name_en)


def medicine_name(medicine: Medicine) -> Said:
    """Return a medicine's names; in Khmer its own where there is one."""
    tail = " ".join(part for part in (medicine.strength,) if part)
    return Said(f"{medicine.name_km or medicine.name} {tail}".strip(), f"{medicine.name} {tail}".strip())


IN_CURRENCY = {Currency.KHR: Said("រៀល", "Riel"), Currency.USD: Said("ដុល្លារ", "US dollars")}
SUM = Said("សរុប", "Sum")
ALL_FUNDS = Said("មូលនិធិទាំងអស់", "All funds")
LINES = {
    Account.DONATIONS: Said("ការបរិច្ចាគ និងជំនួយ", "Donations and grants"),
    Account.EXCHANGE: Said("ប្តូរប្រាក់", "Exchanged"),
    Account.PURCHASES: Said("ទិញឱសថ", "Medicine bought"),
    Account.AID: Said("ជួយអ្នកជំងឺ", "Paid for patients"),
    Account.DIFFERENCES: Said("លើស ឬខ្វះពេលរាប់", "Found by counting"),
}


def trial_balance(found: Sequence[TrialBalance], at: date, fund: Fund | None) -> Paper:
    """Return the trial balance: a sheet a currency."""
    columns = [
        Column(Said("គណនី", "Account")), Column(Said("ឥណពន្ធ", "Debit"), number=True, width=36),
        Column(Said("ឥណទាន", "Credit"), number=True, width=36),
    ]  # fmt: skip
    sheets = [
        Sheet(
            f"trial {one.currency}", IN_CURRENCY[one.currency], columns,
            [(named(row.account), row.debit or None, row.credit or None) for row in one.rows],
            (SUM, one.debit, one.credit),
        )
        for one in found
        if one.rows
    ]  # fmt: skip
    until = day(at)
    about = named(fund) if fund else ALL_FUNDS
    about = Said(f"{about.km} · គិតត្រឹម {until.km}", f"{about.en} · at the end of {until.en}")
    return Paper(f"trial-balance-{at}", Said("តារាងតុល្យការសាកល្បង", "Trial balance"), about, sheets)


def statement(found: Sequence[Statement], fund: Fund, first: date, last: date) -> Paper:
    """Return the statement of a fund: riel and dollars side by side, a line for each reason."""
    by_currency = {one.currency: one for one in found}
    both = [by_currency[currency] for currency in Currency]
    rows: list[Sequence[Cell]] = [(Said("សមតុល្យដើមគ្រា", "At the beginning"), *(one.opening for one in both))]
    rows += [(words, *(one.lines[role] for one in both)) for role, words in LINES.items()
             if any(one.lines[role] for one in both)]  # fmt: skip
    closing: Sequence[Cell] = (Said("សមតុល្យចុងគ្រា", "At the end"), *(one.closing for one in both))
    columns = [Column(Said("បរិយាយ", "What for"))]
    columns += [Column(IN_CURRENCY[one.currency], number=True, width=42) for one in both]
    notes = (
        Said("ប្រាក់ចេញសរសេរដោយសញ្ញាដក។ អ្វីដែលបានកែតម្រូវត្រូវបានទូទាត់រួច។",
             "What went out has a minus sign. What was taken back is set off against it."),
    )  # fmt: skip
    sheet = Sheet("statement", Said("ចលនាសាច់ប្រាក់", "Cash of the fund"), columns, rows, closing, notes)
    name, when = named(fund), span(first, last)
    about = Said(f"{name.km} · {when.km}", f"{name.en} · {when.en}")
    title = Said("របាយការណ៍មូលនិធិ", "Fund statement")
    return Paper(f"statement-{fund.pk}-{first:%Y-%m}-{last:%Y-%m}", title, about, [sheet])


def journal(entries: Sequence[Entry], first: date, last: date, fund: Fund | None) -> Paper:
    """Return the journal: every entry with its two accounts, in the order of the books."""
    columns = [
        Column(Said("ថ្ងៃខែឆ្នាំ", "Date"), width=21), Column(Said("បរិយាយ", "What for")),
        Column(Said("ឥណពន្ធ", "Debit"), width=58), Column(Said("ឥណទាន", "Credit"), width=58),
        Column(IN_CURRENCY[Currency.KHR], number=True, width=28),
        Column(IN_CURRENCY[Currency.USD], number=True, width=26), Column(Said("កត់ត្រាដោយ", "Written by"), width=28),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (entry.on, _memo(entry), named(entry.debit), named(entry.credit),
         *(entry.money if entry.currency == currency else None for currency in Currency),
         str(entry.recorded_by or "–"))
        for entry in entries
    ]  # fmt: skip
    sums = [
        Money(sum(entry.minor for entry in entries if entry.currency == currency), currency) for currency in Currency
    ]
    about, when = named(fund) if fund else ALL_FUNDS, span(first, last)
    about = Said(f"{about.km} · {when.km}", f"{about.en} · {when.en}")
    title = Said("ទិនានុប្បវត្តិ", "Journal")
    sheet = Sheet("journal", title, columns, rows, (SUM, None, None, None, *sums, None))
    return Paper(f"journal-{first}-{last}", title, about, [sheet])


def _memo(entry: Entry) -> str:
    return f"↩ {entry.memo}" if entry.reverses_id else entry.memo


# -- for a donor abroad ---------------------------------------------------------------------------------

HELP = {
    "medicine": Said("ថ្លៃឱសថ", "Medicine from outside"), "transport": Said("ថ្លៃធ្វើដំណើរ", "Transport to hospital"),
    "hospital": Said("ថ្លៃមន្ទីរពេទ្យ", "Hospital bills"), "food": Said("អាហារ", "Food while in hospital"),
    "other": Said("ផ្សេងទៀត", "Other"),
}  # fmt: skip
DOLLARS = Said("ជាដុល្លារ", "In US dollars")
NO_RATE = Said("គ្មានអត្រា", "no rate")
CASH_BY = Said("សាច់ប្រាក់ បង់ផ្ទាល់ដោយមណ្ឌល", "cash, paid by the centre against receipts")
COST, FMV = Said("តាមថ្លៃទិញ", "cost"), Said("តម្លៃទីផ្សារសមស្រប", "fair market value (FMV)")


def schedule_f(found: Abroad) -> Paper:
    """Return the facts for Form 990, Schedule F."""
    return Paper(
        f"schedule-f-{found.year}", Said("ព័ត៌មានសម្រាប់ម្ចាស់ជំនួយ", "Facts for Form 990, Schedule F"),
        Said(f"ឆ្នាំ {found.year}", f"Calendar year {found.year} · Region: {REGION} (Cambodia)"),
        [_region(found), _grants(found), _gifts(found), _individuals(found)],
    )  # fmt: skip


def _region(found: Abroad) -> Sheet:
    columns = [
        Column(Said("តំបន់", "(a) Region"), width=40),
        Column(Said("កន្លែងធ្វើការ", "(b) Offices"), number=True, width=20),
        Column(Said("សកម្មភាព", "(d) Activities")),
        Column(Said("ចំណាយសរុប", "(f) Total expenditures"), number=True, width=34),
    ]  # fmt: skip
    services = Said(
        "សេវាសុខភាព៖ ឱសថ និងជួយអ្នកជំងឺក្រីក្រ", "Program services: medicine for patients, help with costs of the poor"
    )
    notes = [Said(
        "ចំណាយ៖ ទិញឱសថ និងបង់ជួយអ្នកជំងឺ។ ប្រាក់ខែមិននៅក្នុងបញ្ជីនេះទេ។",
        "Expenditures are what the funds paid for medicine and for patients; salaries are not in these books.",
    )]  # fmt: skip
    if found.unrated:
        left = found.unrated.format()
        notes.append(Said(f"មិនរាប់បញ្ចូល {left} ព្រោះគ្មានអត្រាប្តូរប្រាក់។",
                          f"{left} are in no sum, because no rate had been written for those days."))  # fmt: skip
    return Sheet("region", Said("ផ្នែកទី ១ · តំបន់", "Part I · Activities by region"), columns,
                 [(REGION, 1, services, found.spent.dollars)], None, notes)  # fmt: skip


def _grants(found: Abroad) -> Sheet:
    columns = [
        Column(Said("អ្នកផ្តល់", "Given by")), Column(Said("គោលបំណង", "Purpose")),
        Column(Said("ថ្ងៃខែឆ្នាំ", "Date"), width=21), Column(Said("ទឹកប្រាក់", "Cash grant"), number=True, width=32),
        Column(DOLLARS, number=True, width=30),
    ]  # fmt: skip
    rows = [(one.giver, one.purpose, one.on, one.amount, one.dollars or NO_RATE) for one in found.grants]
    dollars = sum((one.dollars for one in found.grants if one.dollars), Money.zero(Currency.USD))
    return Sheet("grants", Said("ជំនួយជាសាច់ប្រាក់", "Part II · Cash grants to the centre"), columns, rows,
                 (SUM, None, None, None, dollars))  # fmt: skip


def _gifts(found: Abroad) -> Sheet:
    columns = [
        Column(Said("អ្នកផ្តល់", "Given by")), Column(Said("ឱសថ", "Description")),
        Column(Said("ថ្ងៃខែឆ្នាំ", "Date"), width=21), Column(Said("ចំនួន", "Quantity"), number=True, width=18),
        Column(FMV, number=True, width=32), Column(DOLLARS, number=True, width=28),
    ]  # fmt: skip
    rows = [
        (one.giver or "–", medicine_name(one.batch.medicine), one.on, one.units,
         one.value or Said("មិនបានវាយតម្លៃ", "not valued"), one.dollars or (NO_RATE if one.value else None))
        for one in found.gifts
    ]  # fmt: skip
    dollars = sum((one.dollars for one in found.gifts if one.dollars), Money.zero(Currency.USD))
    return Sheet("gifts", Said("ជំនួយជាវត្ថុ", "Part II · Non-cash assistance to the centre"), columns, rows,
                 (SUM, None, None, None, None, dollars))  # fmt: skip


def _individuals(found: Abroad) -> Sheet:
    columns = [
        Column(Said("ប្រភេទជំនួយ", "(a) Type of assistance")),
        Column(Said("ចំនួនមនុស្ស", "(c) Recipients"), number=True, width=22),
        Column(Said("សាច់ប្រាក់", "(d) Cash grant"), number=True, width=27),
        Column(Said("របៀបបង់", "(e) Manner of cash disbursement"), width=32),
        Column(Said("ជាវត្ថុ", "(f) Non-cash assistance"), number=True, width=27),
        Column(Said("វិធីវាយតម្លៃ", "(h) Method of valuation"), width=28),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (HELP.get(one.kind, HELP["other"]), len(one.people), one.sum.dollars, CASH_BY, None, None) for one in found.cash
    ]
    medicine = Said("ឱសថទិញពីមូលនិធិ", "Pharmaceuticals bought by the funds")
    rows.append((medicine, found.medicine_people, None, None, found.at_cost.dollars, COST))
    rows.append((Said("ឱសថទទួលជាជំនួយ", "Pharmaceuticals given in kind"), None, None, None, found.at_value.dollars, FMV))
    cash = sum((one.sum.dollars for one in found.cash), Money.zero(Currency.USD))
    total = (SUM, None, cash, None, found.at_cost.dollars + found.at_value.dollars, None)
    notes = [Said(
        "មនុស្សម្នាក់រាប់ម្តងក្នុងមួយប្រភេទ។ អ្នកទទួលឱសថ រួមទាំងឱសថទិញ និងឱសថជំនួយ។ ដុល្លារតាមអត្រានៃថ្ងៃនីមួយៗ។",
        "A person counts once in each line; who got medicine is told in one number for what was bought and what was"
        " given. Dollars are at the rate of each date: bought medicine at the purchase, gifts at the day they came.",
    )]  # fmt: skip
    if found.unvalued:
        notes.append(Said(
            f"ឱសថ {found.unvalued} ឡូត៍ មិនបានវាយតម្លៃ។",
            f"{found.unvalued} batches that were handed out have no value, such as those of the Health Department.",
        ))  # fmt: skip
    return Sheet("individuals", Said("ផ្នែកទី ៣ · ជំនួយដល់បុគ្គល", "Part III · Assistance to individuals"),
                 columns, rows, total, notes)  # fmt: skip
