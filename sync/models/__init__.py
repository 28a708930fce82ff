"""Devices and what they may do in one file, what they sent in another; everything is imported from here."""

from sync.models.devices import Access, Checkout, Device, DeviceUser, Enrolment, Held, History, SealKey
from sync.models.ops import Blob, Disagreement, PushedOp, Stream, Ticket

__all__ = [
    "Access", "Blob", "Checkout", "Device", "DeviceUser", "Disagreement", "Enrolment", "Held", "History", "PushedOp",
    "SealKey", "Stream", "Ticket",
]  # fmt: skip
