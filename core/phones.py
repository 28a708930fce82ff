"""Phone numbers: stored as +855…, shown as they are dialled here."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberFormat

from core.errors import RuleBroken
from core.khmer import latin_digits, normalise

COUNTRY = "KH"


def parse_phone(text: str) -> str:
    """Read a number as people write it and return E.164 ("+85512345678").

    Raises RuleBroken("core.phone_unreadable").
    """
    try:
        number = phonenumbers.parse(latin_digits(normalise(text)), COUNTRY)
    except phonenumbers.NumberParseException:
        raise RuleBroken("core.phone_unreadable", text=text) from None
    if not phonenumbers.is_possible_number(number):
        raise RuleBroken("core.phone_unreadable", text=text)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def national(stored: str) -> str:
    """Write a stored number as it is dialled here, a foreign one with its country code; others stay as they are."""
    try:
        number = phonenumbers.parse(stored, COUNTRY)
    except phonenumbers.NumberParseException:
        return stored
    home = number.country_code == phonenumbers.country_code_for_region(COUNTRY)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)
