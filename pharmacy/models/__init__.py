"""Stock in one file, money in another; everything is imported from here."""

from pharmacy.models.money import Account, Donation, Entry, Fund, Purchase, PurchaseLine, ReceiptBook, Supplier
from pharmacy.models.stock import Batch, Dispensing, Medicine, Move, Place

__all__ = [
    "Account", "Batch", "Dispensing", "Donation", "Entry", "Fund", "Medicine", "Move", "Place", "Purchase",
    "PurchaseLine", "ReceiptBook", "Supplier",
]  # fmt: skip
