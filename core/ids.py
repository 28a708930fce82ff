"""Identifiers: time-ordered and derived UUIDs, patient numbers with a check digit, receipt numbers."""

import json
import re
import secrets
import threading
import time
from datetime import date
from uuid import NAMESPACE_DNS, UUID, uuid5

from stdnum import damm

from core.errors import RuleBroken
from core.khmer import latin_digits, normalise

NAMESPACE = uuid5(NAMESPACE_DNS, "records.sre-ambel.health")  # never change: derived ids hang on it
PATIENT_PREFIX = "SA"

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Make a UUID that sorts by the moment it was made (RFC 9562, version 7).

    48 bits of milliseconds, 12 of fraction, 62 random. Within one process each is greater than the one
    before, even when the clock is set back.
    """
    global _last
    nanoseconds = time.time_ns()
    ticks = (nanoseconds // 1_000_000) << 12 | (nanoseconds % 1_000_000) * 4096 // 1_000_000
    with _lock:
        _last = ticks = max(ticks, _last + 1)
    value = (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def derived_id(*parts: str | int | UUID | date) -> UUID:
    """Make the same UUID from the same parts, everywhere, for ever (version 5).

    The parts are joined as a JSON list of strings, so ("a", "bc") and ("ab", "c") differ.
    """
    if not parts:
        raise ValueError("an id derived from nothing would be shared by everything")
    joined = json.dumps([str(part) for part in parts], ensure_ascii=True, separators=(",", ":"))
    return uuid5(NAMESPACE, joined)


def patient_number(n: int) -> str:
    """Write running number 12345 as "SA-012345-C".

    C is the Damm digit over the digits shown: it catches every wrong digit and every swap of neighbours.
    """
    if n < 1:
        raise ValueError("patient numbers begin at 1")
    digits = f"{n:06d}"
    return f"{PATIENT_PREFIX}-{digits}-{damm.calc_check_digit(digits)}"


def parse_patient_number(text: str) -> int:
    """Read a patient number back, with or without prefix, dashes and spaces, in either script's digits.

    Raises RuleBroken("core.number_unreadable") when it cannot be one, ("core.number_check_digit") when a
    digit must be wrong.
    """
    plain = re.sub(r"[\s\-‐-―_.]", "", latin_digits(normalise(text))).upper()
    match = re.fullmatch(rf"(?:{PATIENT_PREFIX})?([0-9]{{6}}|[1-9][0-9]{{6,8}})([0-9])", plain)
    if not match:
        raise RuleBroken("core.number_unreadable", text=text)
    if not damm.is_valid(match[1] + match[2]):
        raise RuleBroken("core.number_check_digit", text=text)
    if int(match[1]) < 1:
        raise RuleBroken("core.number_unreadable", text=text)
    return int(match[1])


def receipt_number(prefix: str, n: int) -> str:
    """Write receipt n of the book `prefix` as "D01-000123"."""
    if n < 1 or not re.fullmatch(r"[A-Z0-9]+", prefix):
        raise ValueError(f"no receipt {prefix!r} {n}")
    return f"{prefix}-{n:06d}"
