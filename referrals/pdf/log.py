"""The log book of the ambulance for one month, A4 across, in Khmer and English: every trip, fuel, response times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from reportlab.platypus.flowables import Flowable

from clinic.pdf import common
from core.khmer import format_date
from core.pdf.blocks import Signatures
from core.pdf.styles import SUBHEADING
from core.pdf.table import Column, Table
from core.pdf.text import KhmerText
from core.periods import CLINIC_TZ, Month
from referrals.models import Trip, Vehicle
from referrals.naming import PARTS
from referrals.rules import Wait, Waits
from referrals.selectors import Travelled

COLUMNS = (
    Column("ថ្ងៃ\nDate", 15), Column("គោលបំណង\nPurpose", 34), Column("អ្នកដំណើរ\nWho", 30), Column("ទៅណា\nWhere to"),
    Column("អ្នកបើកបរ អ្នកអម\nDriver, escort"), Column("ហៅ\nCalled", 13, "centre"), Column("ចេញ\nLeft", 13, "centre"),
    Column("ដល់\nReached", 18, "centre"), Column("ប្រគល់ជូន\nHanded over"), Column("ត្រឡប់\nBack", 13, "centre"),
    Column("កុងទ័រ\nOdometer", 20, "right"), Column("km", 14, "right"),
)  # fmt: skip


def log(month: Month, trips: Sequence[Trip], total: Travelled, waits: Waits, *, by: str, at: datetime) -> bytes:
    """Return the log of a month as PDF; `selectors.log`, `trips_total` and `waits` read what it says."""
    title = f"សៀវភៅកំណត់ត្រារថយន្តសង្គ្រោះ · {format_date(month.first, 'km').split(' ', 1)[1]}"
    subtitle = f"Ambulance log book · {format_date(month.first, 'en').split(' ', 1)[1]}"
    paper = common.paper(title, subtitle=subtitle, by=by, at=at, size="A4 landscape")
    paper.tiles([
        ("ដំណើរ · trips", str(total.count)), ("គីឡូម៉ែត្រ · kilometres", f"{total.kilometres:,}"),
        ("ប្រេង លីត្រ · litres of fuel", _plain(total.litres)),
        ("ជូនសពទៅផ្ទះ · brought home to the family", str(total.deceased_home)),
    ])  # fmt: skip
    paper.table(COLUMNS, [_row(trip) for trip in trips], total_row=["សរុប\nTotal", *[""] * 10, total.kilometres])
    signatures = Signatures(["អ្នកបើកបរ · Driver", "អ្នកទទួលខុសត្រូវ · In charge"])
    paper.together(*_vehicles(total), *waits_table(waits), signatures)  # nobody signs a page that says nothing
    return paper.bytes()


def _row(trip: Trip) -> list[Any]:
    where = trip.village.name_km if trip.village else ""
    if trip.referral and not trip.destination:
        where = trip.referral.hospital.name_km
    escort = trip.escort if trip.purpose != Trip.Purpose.DECEASED_HOME else trip.family_contact
    handed = " ".join(filter(None, (_clock(trip.handed_over_at, trip), trip.handed_over_to)))
    readings = f"{trip.odometer_out:,}" + (f"\n{trip.odometer_in:,}" if trip.odometer_in is not None else "")
    return [
        f"{timezone.localtime(trip.departed_at, CLINIC_TZ):%d/%m}", common.both(trip.get_purpose_display, "\n"),
        common.lines(trip.traveller, trip.referral.number if trip.referral else ""),
        common.lines(where, trip.destination), common.lines(trip.driver, escort), _clock(trip.called_at, trip),
        _clock(trip.departed_at, trip), _clock(trip.reached_at, trip), handed, _clock(trip.returned_at, trip), readings,
        trip.kilometres,
    ]  # fmt: skip


def _clock(at: datetime | None, trip: Trip) -> str:
    """Write a time of day, with its day where that is not the one on which the vehicle left."""
    if at is None:
        return ""
    local, left = (timezone.localtime(moment, CLINIC_TZ) for moment in (at, trip.departed_at))
    return f"{local:%H:%M}" if local.date() == left.date() else f"{local:%d/%m %H:%M}"


def _vehicles(total: Travelled) -> list[Flowable]:
    """Say what each vehicle drove and drank."""
    columns = [
        Column("រថយន្ត · Vehicle"), Column("ដំណើរ · Trips", align="right"), Column("km", align="right"),
        Column("ប្រេង (លីត្រ) · Fuel (l)", align="right"), Column("l / 100 km", align="right"),
        Column("បានបង់ (រៀល) · Paid (riel)", align="right"),
    ]  # fmt: skip
    rows = [
        [named(one.vehicle), one.count, one.kilometres, _plain(one.litres),
         "" if one.per_hundred is None else _plain(one.per_hundred), one.riel or ""]
        for one in total.vehicles
    ]  # fmt: skip
    if not rows:
        return []
    return [KhmerText("រថយន្ត និងប្រេងឥន្ធនៈ · Vehicles and fuel", SUBHEADING), Table(columns, rows)]


def named(vehicle: Vehicle | None) -> str:
    """Name a vehicle in both languages, with its plate."""
    return f"{common.named(vehicle)} ({vehicle.plate})" if vehicle else ""


def waits_table(waits: Waits) -> list[Flowable]:
    """Say how long the parts of emergency trips took, or nothing where no time is known."""
    said = [(f"{khmer}\n{english}", getattr(waits, name)) for name, khmer, english in PARTS]
    if not any(span for _, span in said):
        return []
    title = "រយៈពេលនៃដំណើរសង្គ្រោះបន្ទាន់ (មធ្យមកណ្តាល និង ៩០%) · How long emergency trips took (median and 90th percentile)"
    columns = [Column(words, align="centre") for words, _ in said]
    return [KhmerText(title, SUBHEADING), Table(columns, [[_wait(span) for _, span in said]])]


def _wait(span: Wait | None) -> str:
    return f"{span.median} · ៩០%: {span.ninth} នាទី · min\n(n = {span.n})" if span else "–"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():,f}"
