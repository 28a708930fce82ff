"""Load what a new database starts with: the formulary, the places, the funds with their accounts, the desk's book.

No stock and no money: both begin with a first move and a first entry that somebody answers for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.money import Currency
from pharmacy import formulary

PLACES = [
    ("store", "store", "ឃ្លាំងឱសថ", "Store"),
    ("dispensary", "dispensary", "បន្ទប់ផ្តល់ឱសថ", "Dispensary"),
    ("kit-1", "kit", "ឧបករណ៍គ្លីនិកចល័ត ១", "Mobile kit 1"),
    ("source", "source", "ទទួលពីខាងក្រៅ", "Received from outside"),
    ("patients", "patients", "ផ្តល់ជូនអ្នកជំងឺ", "Given to patients"),
    ("waste", "waste", "ដកចេញពីស្តុក", "Written off"),
    ("count", "count", "រកឃើញពេលរាប់", "Found by counting"),
]
FUNDS = [
    ("medicine", "medicine", "មូលនិធិឱសថ", "Medicine fund"),
    ("grant", "grant", "ជំនួយម្ចាស់ជំនួយ", "Donor grant"),
    ("aid", "aid", "មូលនិធិជួយអ្នកក្រីក្រ", "Help with costs"),
]
ACCOUNTS = [
    ("cash", "asset", "សាច់ប្រាក់", "Cash"),
    ("donations", "income", "ការបរិច្ចាគ", "Donations"),
    ("purchases", "expense", "ទិញឱសថ", "Medicine bought"),
    ("exchange", "equity", "ប្តូរប្រាក់", "Exchange"),
    ("aid", "expense", "ជួយអ្នកជំងឺ", "Paid for patients"),
    ("differences", "expense", "លើស ឬខ្វះពេលរាប់", "Found by counting"),
]
# What the glossary names; for the others there is no Khmer name to be had yet.
KHMER = {("Fluoride", "toothpaste"): "ថ្នាំដុសធ្មេញ"}
DESK_BOOK = "D"


def load(get_model: Callable[[str, str], Any]) -> None:
    """Add what is missing; leave what an administrator has changed."""
    _load_medicines(get_model("pharmacy", "Medicine"))
    for name, rows in (("Place", PLACES), ("Fund", FUNDS)):
        model = get_model("pharmacy", name)
        _add(model, [model(code=code, kind=kind, name_km=km, name_en=en) for code, kind, km, en in rows])
    account = get_model("pharmacy", "Account")
    _add(account, [row for code, _, km, en in FUNDS for row in accounts_of(account, code, km, en)])
    book = get_model("pharmacy", "ReceiptBook")
    _add(book, [book(prefix=DESK_BOOK)])


def accounts_of(account: Any, fund: str, fund_km: str, fund_en: str) -> list[Any]:
    """Return the unsaved accounts of a fund: each role in both currencies."""
    return [
        account(
            code=f"{role}-{fund}-{currency.value.lower()}", kind=kind, fund_id=fund, currency=currency.value,
            name_km=f"{km}៖ {fund_km} ({currency.sign})", name_en=f"{en}: {fund_en} ({currency.sign})",
        )
        for role, kind, km, en in ACCOUNTS
        for currency in Currency
    ]  # fmt: skip


def _add(model: Any, rows: list[Any]) -> None:
    known = set(model.objects.values_list("pk", flat=True))
    model.objects.bulk_create(row for row in rows if row.pk not in known)


def _load_medicines(medicine: Any) -> None:
    known = set(medicine.objects.values_list("name", "form", "strength"))
    medicine.objects.bulk_create(
        medicine(
            name=line.name, form=line.form, strength=line.strength, atc=line.atc, group=line.group, note=line.note,
            name_km=KHMER.get((line.name, line.form), ""),
        )
        for line in formulary.lines()
        if (line.name, line.form, line.strength) not in known
    )  # fmt: skip
