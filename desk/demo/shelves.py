"""Open work of the pharmacist: what villagers gave, what it bought, what lies where, what runs out or expires."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from core.money import Currency, Money, total
from core.periods import Year
from desk.demo.calendar import DAY, days_of
from desk.demo.cast import Cast
from desk.demo.chance import Chance
from desk.demo.names import FAMILY, MEN, WOMEN
from desk.demo.villages import NEAR, STOPS, TOWN
from pharmacy import rules
from pharmacy.models import Batch, Medicine, Place
from pharmacy.models.stock import Form
from pharmacy.services import counts, dispensing, donations, purchases, stock
from pharmacy.services.purchases import Line

KIT = "kit-1"
Key = tuple[str, str, str]  # name, form and strength of a medicine


PAGODA_ON = dt.date(2000, 1, 4)
PAGODA = (Money(500_000, Currency.KHR), Money(5000, Currency.USD))


class Gift(NamedTuple):
    """One donation: day, amount, name (empty when nobody wanted it written), village."""

    on: dt.date
    amount: Money
    name: str
    village: str


def gifts(first: dt.date, last: dt.date) -> Iterator[Gift]:
    """Yield what is given from `first` to `last`: twice or so a week, mostly riel, a third without a name."""
    for year in range(first.year, last.year + 1):
        chance = Chance("gifts", year)
        yield from (gift for gift in _new_year(year) if first <= gift.on <= last)
        for day in days_of(Year(str(year)))[PAGODA_ON.day :]:
            if day.weekday() == 6 or not chance.happens(0.36):
                continue
            dollars = chance.happens(0.2)
            amount = (
                Money(chance.one((100, 100, 200, 500, 500, 1000, 2000)), Currency.USD) if dollars
                else Money(chance.one((2000, 3000, 5000, 5000, 10000, 10000, 15000, 20000, 40000)), Currency.KHR)
            )  # fmt: skip
            name = f"{chance.early(FAMILY).km} {chance.one(MEN + WOMEN).km}" if chance.happens(0.66) else ""
            village = chance.one([*NEAR, *STOPS])
            if first <= day <= last:
                yield Gift(day, amount, name, village)


def _new_year(year: int) -> Iterator[Gift]:
    """Yield what the pagoda of the town collects at the turn of the year; it carries the fund through the spring."""
    for amount in PAGODA:
        yield Gift(PAGODA_ON.replace(year=year), amount, "វត្តស្រែអំបិល", TOWN)


class Bought(NamedTuple):
    """One line of an invoice: medicine, units, months until it expires, cost in the invoice's minor units."""

    medicine: Key
    quantity: int
    months: int
    cost: int


PARACETAMOL = ("Paracetamol", "tablet", "500 mg")
SYRUP = ("Paracetamol", "syrup", "120 mg/5 ml")
AMOXICILLIN = ("Amoxicillin", "capsule", "500 mg")
AMOXICILLIN_CHILD = ("Amoxicillin", "dispersible", "250 mg")
ORS = ("ORS low-osmolarity", "sachet", "for 1 l")
ZINC = ("Zinc sulfate", "dispersible", "20 mg")
OMEPRAZOLE = ("Omeprazole", "capsule", "20 mg")
MEBENDAZOLE = ("Mebendazole", "chewable", "500 mg")
IRON = ("Ferrous sulfate + folic acid", "tablet", "60 mg Fe + 0.4 mg")
CETIRIZINE = ("Cetirizine", "tablet", "10 mg")
AMLODIPINE = ("Amlodipine", "tablet", "5 mg")
SALBUTAMOL = ("Salbutamol", "inhaler", "100 µg/puff + spacer")
RINGER = ("Ringer lactate / NaCl 0.9 %", "infusion", "")
TOOTHPASTE = ("Fluoride", "toothpaste", "1000–1500 ppm F")
TETRACYCLINE = ("Tetracycline eye", "ointment", "1 %")

SUPPLIER = "ឱសថស្ថាន ស្រែអំបិល"
# Bought in the middle of every quarter that is over, and once this month; the fund must hold it each time.
QUARTERLY = (Bought(PARACETAMOL, 800, 24, 64_000), Bought(ORS, 120, 30, 84_000))
LASTS = 78 * DAY
THIS_MONTH = (Bought(AMOXICILLIN, 500, 20, 90_000), Bought(SYRUP, 24, 18, 72_000), Bought(CETIRIZINE, 300, 26, 30_000))
IN_DOLLARS = (Bought(SALBUTAMOL, 8, 22, 2800), Bought(AMLODIPINE, 300, 24, 1400))


class Came(NamedTuple):
    """A batch that was not bought: medicine, units, from whom, days since, days until it expires, batch number."""

    medicine: Key
    quantity: int
    source: str
    ago: int
    expires_in: int
    number: str


CAME = (
    Came(AMOXICILLIN_CHILD, 600, "department", 95, 410, "AX2417"),
    Came(ZINC, 500, "department", 95, 24, "ZN0931"),  # soon to expire
    Came(ORS, 60, "department", 95, 520, "OR7710"),
    Came(MEBENDAZOLE, 1000, "department", 60, 700, "MB1188"),
    Came(IRON, 2000, "department", 60, 300, "FE4402"),
    Came(RINGER, 40, "department", 60, 640, "RL3021"),
    Came(OMEPRAZOLE, 200, "gift", 130, 62, "OM5567"),  # soon to expire, and low
    Came(TOOTHPASTE, 1500, "gift", 150, 540, "TP0007"),
    Came(TETRACYCLINE, 50, "gift", 210, -9, "TE6120"),  # expired on the shelf
)
# Below this a medicine is low. Amoxicillin for children will be gone, omeprazole and syrup low.
REORDER = {PARACETAMOL: 500, SYRUP: 30, AMOXICILLIN: 200, AMOXICILLIN_CHILD: 200, ORS: 80, ZINC: 100, OMEPRAZOLE: 150,
           MEBENDAZOLE: 200, IRON: 500, CETIRIZINE: 100, AMLODIPINE: 100, SALBUTAMOL: 5, RINGER: 20, TOOTHPASTE: 300,
           TETRACYCLINE: 20}  # fmt: skip


class Given(NamedTuple):
    """A dispensing: to whom (sex, ages), what, how much, days ago, how to take it."""

    sex: str
    low: int
    high: int
    medicine: Key
    quantity: int
    ago: int
    directions: str


_TWICE, _THRICE, _DAILY = "១ គ្រាប់ ព្រឹក ល្ងាច", "១ គ្រាប់ ៣ ដង ក្នុងមួយថ្ងៃ", "១ គ្រាប់ ក្នុងមួយថ្ងៃ"
GIVEN = (
    Given("F", 1, 4, AMOXICILLIN_CHILD, 20, 20, _TWICE), Given("M", 2, 4, AMOXICILLIN_CHILD, 30, 12, _TWICE),
    Given("M", 1, 5, ZINC, 10, 9, _DAILY), Given("F", 2, 5, ORS, 4, 9, ""),
    Given("F", 40, 70, AMLODIPINE, 30, 6, _DAILY),
    Given("M", 30, 60, OMEPRAZOLE, 60, 5, _DAILY), Given("F", 20, 35, IRON, 60, 4, _DAILY),
    Given("M", 20, 50, PARACETAMOL, 20, 2, _THRICE), Given("F", 6, 12, MEBENDAZOLE, 1, 1, ""),
    Given("F", 20, 60, PARACETAMOL, 15, 0, _THRICE), Given("M", 18, 60, CETIRIZINE, 10, 0, _DAILY),
    Given("M", 1, 3, SYRUP, 1, 0, ""),
)  # fmt: skip


def receive_gifts(cast: Cast, first: dt.date) -> None:
    """Take every gift in at the desk, in the order of their days, so that receipts follow the calendar."""
    for gift in gifts(first, cast.today):
        donations.receive(
            amount=gift.amount, on=gift.on, by=cast.nurse, today=cast.today, donor_name=gift.name,
            village=cast.villages[gift.village],
        )  # fmt: skip


def stock_shelves(cast: Cast, first: dt.date) -> None:
    """Buy out of the fund, take in what was sent, bring a part to the dispensary and the kit."""
    medicines = {(m.name, m.form, m.strength): m for m in Medicine.objects.all()}
    for key, least in REORDER.items():
        medicines[key].reorder_at = least
    Medicine.objects.bulk_update([medicines[key] for key in REORDER], ["reorder_at"])
    quarters = quarter_days(first, cast.today)
    for on in quarters:
        _buy(cast, medicines, QUARTERLY, Currency.KHR, on)
    _buy(cast, medicines, IN_DOLLARS, Currency.USD, cast.today - 40 * DAY)
    _buy(cast, medicines, THIS_MONTH, Currency.KHR, cast.today - 3 * DAY)
    for came in CAME:
        on = cast.today - came.ago * DAY
        stock.receive(
            medicine=medicines[came.medicine], quantity=came.quantity, expires_on=cast.today + came.expires_in * DAY,
            source=came.source, number=came.number, on=on, by=cast.pharmacist, today=cast.today,
        )  # fmt: skip
    _use_up(cast, quarters[:-1])
    _share_out(cast, quarters[:-1])
    _hand_out(cast, medicines)
    _count(cast)


def quarter_days(first: dt.date, today: dt.date) -> list[dt.date]:
    """Return the days of the quarterly purchases: the middle of each quarter's last month, until six weeks ago."""
    days = [dt.date(year, month, 15) for year in range(first.year, today.year + 1) for month in (3, 6, 9, 12)]
    return [day for day in days if day <= today - 42 * DAY]


def _buy(
    cast: Cast, medicines: dict[Key, Medicine], bought: tuple[Bought, ...], currency: Currency, on: dt.date
) -> None:
    lines = [
        Line(medicines[b.medicine], b.quantity, on + b.months * 30 * DAY, Money(b.cost, currency), f"{on:%y%m}-{n}")
        for n, b in enumerate(bought, start=1)
    ]
    purchases.record(
        supplier=SUPPLIER, invoice=f"INV-{on:%y%m%d}", lines=lines, sum=total((line.cost for line in lines), currency),
        on=on, by=cast.pharmacist, today=cast.today,
    )  # fmt: skip


def _use_up(cast: Cast, bought: list[dt.date]) -> None:
    """Count away what was bought for the quarters that are over, and handed out by the paper book."""
    for batch in Batch.objects.filter(purchase__on__in=bought).order_by("id"):
        came = batch.moves.get(source=Place.SOURCE)
        on = came.on + DAY
        _bring(cast, batch, Place.DISPENSARY, came.quantity, on)
        stock.adjust(
            batch=batch, place=Place.DISPENSARY, counted=0, on=on + LASTS, by=cast.pharmacist,
            today=cast.today, reason="ផ្តល់តាមសៀវភៅក្រដាស",
        )  # fmt: skip


def _share_out(cast: Cast, used_up: list[dt.date]) -> None:
    """Bring a half of each batch to the dispensary, and of what the van hands out a quarter to its kit."""
    for batch in Batch.objects.exclude(purchase__on__in=used_up).select_related("medicine").order_by("id"):
        came = batch.moves.get(source=Place.SOURCE)
        key = (batch.medicine.name, batch.medicine.form, batch.medicine.strength)
        on = max(came.on, cast.today - 30 * DAY)
        half = came.quantity if key in {AMOXICILLIN_CHILD, OMEPRAZOLE} else came.quantity // 2
        _bring(cast, batch, Place.DISPENSARY, half, on)
        if key in {TOOTHPASTE, MEBENDAZOLE}:
            _bring(cast, batch, KIT, came.quantity // 4, on)


def _bring(cast: Cast, batch: Batch, target: str, quantity: int, on: dt.date) -> None:
    stock.transfer(
        batch=batch, source=Place.STORE, target=target, quantity=quantity, on=on, by=cast.pharmacist, today=cast.today
    )


def _hand_out(cast: Cast, medicines: dict[Key, Medicine]) -> None:
    """Give medicine to patients; a count then shows that no amoxicillin for children is left."""
    for given in GIVEN:
        on = cast.today - given.ago * DAY
        dispensing.dispense(
            patient=cast.someone(given.sex, given.low, given.high), medicine=medicines[given.medicine],
            quantity=given.quantity, on=on, by=cast.pharmacist, today=cast.today, directions=given.directions,
            despite="តាមវេជ្ជបញ្ជា",
        )  # fmt: skip
    for batch in Batch.objects.filter(medicine=medicines[AMOXICILLIN_CHILD]):
        stock.adjust(
            batch=batch, place=Place.DISPENSARY, counted=0, on=cast.today, by=cast.pharmacist, today=cast.today,
            reason="រាប់ស្តុកប្រចាំខែ",
        )  # fmt: skip


def _count(cast: Cast) -> None:
    """Count the store three days ago, with three sachets too few; and begin to count the van's kit today."""
    common: dict[str, Any] = {"by": cast.pharmacist, "today": cast.today}
    done = counts.begin(place=Place.STORE, on=cast.today - 3 * DAY, **common)
    lying = {line.batch_id: line for line in done.lines.select_related("batch__medicine").order_by("id")}
    held = stock.hold(lying, Place.STORE, done.on)
    found = {line.pk: rules.balance(held[batch], done.on) for batch, line in lying.items()}
    short = next(line.pk for line in lying.values() if line.batch.medicine.form == Form.SACHET)
    found[short] -= 3
    counts.enter(count_id=done.pk, found=found, counted_by=str(cast.pharmacist), done=True, by=cast.pharmacist)
    recounted = {short: found[short]}
    counts.recount(count_id=done.pk, found=recounted, checked_by=str(cast.nurse), by=cast.pharmacist)
    reasons = {short: counts.Reason("broken", "ទឹកជ្រាបប្រអប់")}
    counts.post(count_id=done.pk, reasons=reasons, by=cast.pharmacist, at=cast.now)
    counts.begin(place=KIT, on=cast.today, **common)
