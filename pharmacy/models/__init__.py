"""Stock in one file, money in another, cash and help with costs in two more; everything is imported from here."""

from pharmacy.models.aid import AidBook, AidCase, AidCost, AidRule
from pharmacy.models.cash import CashCount, Exchange, Notes, Rate
from pharmacy.models.money import (
    Account,
    BoxOpening,
    Donation,
    DonationBox,
    Entry,
    Fund,
    Purchase,
    ReceiptBook,
    Scan,
)
from pharmacy.models.stock import Batch, CountLine, Dispensing, Form, Medicine, Move, Place, StockCount, good_on

__all__ = [
    "Account", "AidBook", "AidCase", "AidCost", "AidRule", "Batch", "BoxOpening", "CashCount", "CountLine",
    "Dispensing", "Donation", "DonationBox", "Entry", "Exchange", "Form", "Fund", "Medicine", "Move", "Notes", "Place",
    "Purchase", "Rate", "ReceiptBook", "Scan", "StockCount", "good_on",
]  # fmt: skip
