"""Stock in one file, money in another; everything is imported from here."""

from pharmacy.models.money import Account, Donation, Entry, Fund, Purchase, ReceiptBook
from pharmacy.models.stock import Batch, Dispensing, Form, Medicine, Move, Place

__all__ = [
    "Account", "Batch", "Dispensing", "Donation", "Entry", "Form", "Fund", "Medicine", "Move", "Place", "Purchase",
    "ReceiptBook",
]  # fmt: skip
