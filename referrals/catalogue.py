"""Load what a new database starts with: the hospitals that take our patients, and one ambulance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Codes and Khmer names: the ministry's list of health facilities (reference/cambodia.md 0.4 and section 6).
HOSPITALS = (
    ("210301", "មន្ទីរពេទ្យបង្អែកខេត្តតាកែវ", "Takeo Provincial Referral Hospital"),
    ("070401", "មន្ទីរពេទ្យបង្អែកខេត្តកំពត", "Kampot Provincial Referral Hospital"),
    ("090201", "មន្ទីរពេទ្យបង្អែកស្រែអំបិល", "Sre Ambel Referral Hospital"),
)
AMBULANCE = ("AMB-1", "រថយន្តសង្គ្រោះ", "Ambulance")


def load(get_model: Callable[[str, str], Any]) -> None:
    """Add what is missing; leave what an administrator has changed."""
    hospital = get_model("referrals", "Hospital")
    known = set(hospital.objects.values_list("code", flat=True))
    hospital.objects.bulk_create(
        hospital(code=code, name_km=name_km, name_en=name_en, order=order)
        for order, (code, name_km, name_en) in enumerate(HOSPITALS)
        if code not in known
    )
    vehicle = get_model("referrals", "Vehicle")
    if not vehicle.objects.exists():
        plate, name_km, name_en = AMBULANCE
        vehicle.objects.create(plate=plate, name_km=name_km, name_en=name_en)
