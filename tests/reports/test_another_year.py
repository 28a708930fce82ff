"""A register nobody has seen is loaded and counted by hand: every way to a figure tells what the hand counted.

Three seeds by themselves; `ANOTHER_YEAR_SEEDS=40-60` draws others, a failure names its seed.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone, translation

from clinic.models import Condition, Encounter
from clinic.services import encounters
from core.accounts.models import User
from core.accounts.roles import Role
from core.ages import BAND_SETS
from core.jobs.models import JobFile
from core.periods import Month, Period, local_day
from desk.register import work
from reports import issued, issuing, services
from reports.figures import FIGURES
from reports.models import Touched
from reports.naming import band_words, month_words
from reports.published import LINES
from reports.tallies import keeping
from reports.tasks import issue_paper, make_paper
from tests.people import a_user, client_of
from tests.reports.another_year import BANDS, DAY, GIVEN, SERVICES, SEXES, ByHand, Line, Register, along, as_file

pytestmark = pytest.mark.django_db
Days = tuple[dt.date, dt.date]
PUBLISHED = [
    "patients assessed", "hospitalised", "treated as out-patients", "checked by the mobile team",
    "dental education received", "toothbrushes given", "toothpaste given", "children under 5 assessed",
    "children aged 6 to 12 assessed", "new patients admitted to the health centre",
]  # fmt: skip
FIGURE = {"dental_education": "dental_education", "toothbrush": "toothbrushes_given", "toothpaste": "toothpaste_given"}


def seeds() -> list[int]:
    first, _, last = os.environ.get("ANOTHER_YEAR_SEEDS", "1-3").partition("-")
    return list(range(int(first), int(last or first) + 1))


class Centre:
    """A centre that has loaded a register, and the hand that counts it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed, self.folder = seed, folder
        self.register, self.hand = Register(seed), ByHand()
        self.year = self.register.year
        self.admin: User = a_user(Role.ADMIN, f"admin-{seed}")

    def load(self, lines: list[Line]) -> None:
        """Load lines by the command; it must say of them what the hand says."""
        file, out = self.folder / "register.csv", io.StringIO()
        file.write_bytes(as_file(lines, self.seed))
        added, good = self.hand.read(lines), sum(line.good for line in lines)
        call_command("import_register", str(file), "--rejects", str(self.folder / "bad.csv"), stdout=out)
        wanted = f"{len(lines)} rows read: {added} added, {good - added} were there already, {len(lines) - good} are"
        assert wanted in out.getvalue(), (out.getvalue(), (self.folder / "bad.csv").read_text())

    def load_again(self, lines: list[Line]) -> None:
        """Load the same file a second time: nothing is added."""
        out = io.StringIO()
        call_command("import_register", str(self.folder / "register.csv"), stdout=out)
        assert " 0 added, " in out.getvalue(), out.getvalue()

    def void_some(self) -> None:
        """Mark some contacts as entered in error, in the system and in the hand's book."""
        alone = [c for c in self.hand.counted() if not c.admitted and c.on.year == self.year]
        for contact in self.register.random.sample(alone, 6):
            same = [
                c for c in self.hand.counted() if (c.ref, c.on, c.service) == (contact.ref, contact.on, contact.service)
            ]
            found = Encounter.objects.filter(
                patient__identifiers__value=contact.ref, on=contact.on, kind=contact.service
            ).exclude(status="void")
            if len(same) == len(found) == 1:
                encounters.void(encounter=found[0], reason="not here", by=self.admin)
                contact.void = True

    def spans(self) -> list[Days]:
        """Return the year, a month, a month's neighbours, months over new year, the year before."""
        year, pick = self.year, self.register.random
        month = pick.randint(1, 12)
        return [months(f"{a}", f"{b}") for a, b in (
            (f"{year}-01", f"{year}-12"), (f"{year}-{month:02}", f"{year}-{month:02}"), (f"{year}-02", f"{year}-03"),
            (f"{year - 1}-11", f"{year}-04"), (f"{year - 2}-01", f"{year + 1}-12"),
            (f"{year - 1}-01", f"{year - 1}-12"),
        )]  # fmt: skip


def months(first: str, last: str) -> Days:
    return Month(first).first, Month(last).last


def command(*args: str) -> str:
    out = io.StringIO()
    call_command("figures", *args, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module", params=seeds())
def centre(request: Any, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Centre]:
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "CHUNK", 70 if request.param % 2 else 400)
        made = Centre(request.param, tmp_path_factory.mktemp("registers"))
        made.load(made.register.lines)
        made.load_again(made.register.lines)
        made.void_some()
        keeping.keep_up()
        connection.check_constraints()
        yield made
        transaction.set_rollback(True)


# --- Programs -----------------------------------------------------------------------------------------------------


def check_contract(found: dict[str, Any], hand: dict[str, Any], bands: str) -> None:
    figures, cells = found["figures"], hand["cells"]
    assert {name: figures[name]["total"] for name in hand["totals"]} == hand["totals"]
    assessed = figures["patients_assessed"]
    for place, part in enumerate(("month", "service", "band", "sex")):
        assert {key: n for key, n in assessed[f"by_{part}"].items() if n} == along(cells, place)
    lines = {(x["service"], x["band"], x["sex"]): x["count"] for x in assessed["by_service_band_sex"] if x["count"]}
    wanted = {}
    for (_month, *keys), n in cells.items():
        wanted[tuple(keys)] = wanted.get(tuple(keys), 0) + n
    assert lines == wanted
    assert figures["contacts_by_condition"] == hand["conditions"]
    assert list(assessed["by_band"]) == [*(key for key, *_ in BANDS[bands]), "unknown"]


@pytest.mark.parametrize("bands", BANDS)
def test_the_command_and_rest_tell_what_the_hand_counted(centre: Centre, bands: str) -> None:
    client = client_of(centre.admin)
    for first, last in centre.spans():
        hand, asked = centre.hand.figures(first, last, bands), [f"{first:%Y-%m}", f"{last:%Y-%m}"]
        args = ["--from", asked[0], "--to", asked[1], "--bands", bands]
        found = json.loads(command(*args, "--format", "json"))
        check_contract(found, hand, bands)
        assert client.get(f"/reports/api/figures/?from={asked[0]}&to={asked[1]}&bands={bands}").json() == found
        if bands == "ministry":
            check_csv(command(*args, "--format", "csv"), hand)
            check_table(command(*args), hand, bands)


def check_csv(text: str, hand: dict[str, Any]) -> None:
    lines = list(csv.DictReader(io.StringIO(text)))
    whole = {x["figure"]: int(x["value"]) for x in lines if not any(list(x.values())[1:-1])}
    assert whole == hand["totals"]
    for place, part in enumerate(("month", "service", "band", "sex")):
        others = {"month", "service", "band", "sex", "condition"} - {part}
        told = {x[part]: int(x["value"]) for x in lines if x[part] and not any(x[other] for other in others)}
        assert {key: n for key, n in told.items() if n} == along(hand["cells"], place)
    assert {x["condition"]: int(x["value"]) for x in lines if x["condition"]} == hand["conditions"]


def check_table(text: str, hand: dict[str, Any], bands: str) -> None:
    rows = [re.split(r"  +", line) for line in text.splitlines()]
    told = {row[0]: row[1:] for row in rows}
    for name, n in hand["totals"].items():
        assert [f"{n:,}"] in ([row[1]] for row in rows if row[0] == str(FIGURES[name].words) and len(row) > 1)
    for key in [*(key for key, *_ in BANDS[bands]), "unknown"]:
        of = {keys: n for keys, n in hand["cells"].items() if keys[2] == key}
        numbers = [*(sum(n for keys, n in of.items() if keys[1] == s) for s in SERVICES)]
        numbers += [*(sum(n for keys, n in of.items() if keys[3] == s) for s in SEXES), sum(of.values())]
        assert told[band_words(BAND_SETS[bands], key)] == [f"{n:,}" for n in numbers]
    for month, n in along(hand["cells"], 0).items():
        assert told[month][-1] == f"{n:,}"


def test_one_figure_of_any_days_is_what_the_hand_counted(centre: Centre) -> None:
    pick, year = centre.register.random, centre.year
    odd = [(dt.date(year - 1, 12, 31), dt.date(year, 1, 1)), (dt.date(year, 2, 28), dt.date(year, 3, 1))]
    first = dt.date(year, 1, 1) + pick.randrange(200) * DAY
    odd += [(first, first), (first, first + pick.randrange(1, 120) * DAY), (first - 500 * DAY, first + 30 * DAY)]
    for first, last in odd:
        hand = centre.hand.figures(first, last, "ministry")
        for name, n in (hand["totals"] | hand["others"]).items():
            assert one(name, first, last)["total"] == n, (name, first, last)
        found = one("patients_assessed", first, last, "--by", "month,service,band,sex", "--bands", "ministry")
        assert {tuple(x.values())[:4]: x["value"] for x in found["cells"]} == hand["cells"]
        found = one("contacts_by_condition", first, last, "--by", "condition")
        assert {x["condition"]: x["value"] for x in found["cells"]} == hand["conditions"]
        for name, figure in FIGURE.items():
            found = one(figure, first, last, "--by", "sex")
            by_sex = {sex: n for (what, sex), n in hand["given"].items() if what == name}
            assert {x["sex"]: x["value"] for x in found["cells"]} == by_sex


def one(figure: str, first: dt.date, last: dt.date, *more: str) -> dict[str, Any]:
    return json.loads(command("--figure", figure, "--from", f"{first}", "--to", f"{last}", "--format", "json", *more))


# --- Pages --------------------------------------------------------------------------------------------------------


def tables(content: str) -> dict[str, list[list[str]]]:
    """Return the cells of every table of a page, by the id of the table or of the part it stands in."""
    found, part = {}, ""
    for piece in re.findall(r'<section[^>]* id="(\w+)"|(<table.*?</table>)', content, re.S):
        if piece[0]:
            part = piece[0]
            continue
        rows = [
            re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", piece[1], re.S)
        ]
        found[part] = [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in rows]
    return found


def tiles(content: str) -> list[str]:
    return re.findall(r'tile__number">([^<]*)<', content)


def said(*numbers: int) -> list[str]:
    return [f"{n:,}" for n in numbers]


def expected_ages(cells: Any, bands: str) -> list[list[str]]:
    """Return the numbers of the table by age: each service by sex, both sexes of all, the total."""
    keys = [*(key for key, *_ in BANDS[bands]), "unknown", None]

    def n(band: str | None, service: str | None, sex: str | None) -> int:
        wanted = (band, service, sex)
        return sum(
            number for (_, s, b, x), number in cells.items()
            if all(w in (None, k) for w, k in zip(wanted, (b, s, x), strict=True))
        )  # fmt: skip

    return [
        said(*(n(band, s, x) for s in SERVICES for x in SEXES), *(n(band, None, x) for x in SEXES), n(band, None, None))
        for band in keys
    ]


def expected_published(hand: dict[str, Any]) -> list[int]:
    service, band = along(hand["cells"], 1), along(hand["cells"], 2)
    totals = hand["totals"]
    return [
        totals["patients_assessed"], service["inpatient"], service["outpatient"], service["mobile"],
        totals["dental_education"], totals["toothbrushes_given"], totals["toothpaste_given"], band["under_5"],
        band["6_12"], totals["new_patients_admitted"],
    ]  # fmt: skip


@pytest.mark.parametrize("bands", ["published", "child_health"])
def test_the_pages_of_a_year_and_a_month_show_what_the_hand_counted(centre: Centre, bands: str) -> None:
    client, year = client_of(centre.admin), centre.year
    names = dict(Condition.objects.values_list("key", "name_en"))
    month = f"{year}-{centre.register.random.randint(1, 12):02}"
    for path, (first, last) in {
        f"year/{year}": months(f"{year}-01", f"{year}-12"), f"month/{month}": months(month, month),
        f"month/{year}-02": months(f"{year}-02", f"{year}-02"),
    }.items():  # fmt: skip
        hand = centre.hand.figures(first, last, bands)
        content = client.get(f"/reports/{path}/", {"bands": bands}).content.decode()
        shown = tables(content)
        assert tiles(content) == said(*hand["totals"].values())
        assert [row[1:] for row in shown["ages"][2:]] == expected_ages(hand["cells"], bands)
        assert [row[1:] for row in shown["hand_outs"][1:]] == [said(*row) for row in given(hand)]
        told = {row[0]: row[1] for row in shown.get("conditions", [[]])[1:]}
        assert told == {names[key]: f"{n:,}" for key, n in hand["conditions"].items()}
        if path.startswith("year"):
            published = centre.hand.figures(first, last, "published")
            assert [row[1] for row in shown["published"][1:]] == said(*expected_published(published))
            assert [row[1:5] for row in shown["months"][1:]] == [said(*row) for row in by_month(hand["cells"], year)]


def test_the_dashboard_shows_what_the_hand_counted(centre: Centre) -> None:
    client, year, pick = client_of(centre.admin), centre.year, centre.register.random
    some = dt.date(year, 1, 1) + pick.randrange(200) * DAY
    days = [(dt.date(year, 1, 1), dt.date(year, 12, 31)), (dt.date(year, 3, 1), dt.date(year, 3, 31))]
    for first, last in [*days, (some, some + pick.randrange(150) * DAY)]:
        hand = centre.hand.figures(first, last, "ministry")
        content = client.get("/reports/dashboard/", {"from": first, "to": last, "bands": "ministry"}).content.decode()
        shown = tables(content)
        totals = hand["totals"] | hand["others"]
        names = ("patients_assessed", "people_reached", "new_patients", "new_patients_admitted")
        assert tiles(content) == said(*(totals[name] for name in names))
        compared = {re.sub(r" \(.*", "", row[0]): row[1] for row in shown["compared"] if len(row) > 2}
        for name in (*names, *FIGURE.values()):
            assert compared[str(FIGURES[name].words)] == f"{totals[name]:,}", name
        assert compared["Ages unknown"] == f"{along(hand['cells'], 2)['unknown']:,}"
        assert [row[1:] for row in shown["ages"][1:]] == [row[-3:] for row in expected_ages(hand["cells"], "ministry")]
        most = sorted(hand["conditions"].values(), reverse=True)[:10]
        assert [row[1] for row in shown.get("conditions", [[]])[1:]] == said(*most)
        whole = centre.hand.figures(dt.date(year - 2, 1, 1), Month.of(last).last, "published")["cells"]
        for row in shown["months"][1:]:
            month = next(m for m in {*along(whole, 0)} if month_words(m) == row[0]) if row[-2] != "0" else ""
            assert row[-2] == f"{along(whole, 0)[month]:,}"


# --- Papers -------------------------------------------------------------------------------------------------------


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in document))


def test_the_papers_of_a_year_carry_what_the_hand_counted(centre: Centre) -> None:
    year, bands = centre.year, "ministry"
    period = Period(Month(f"{year}-01"), Month(f"{year}-12"))
    job = services.ask_for_paper(period=period, bands=BAND_SETS[bands], by=centre.admin)
    make_paper(str(job.pk))
    files = {file.name.rpartition("-")[2]: bytes(file.content) for file in JobFile.objects.filter(job=job)}
    hand = centre.hand.figures(period.first_day, period.last_day, bands)
    published = expected_published(centre.hand.figures(period.first_day, period.last_day, "published"))
    for language in ("km", "en"):
        text = text_of(files[f"{language}.pdf"])
        for row in expected_ages(hand["cells"], bands):
            assert " ".join(row) in text, (language, row)
    for line, n, note in zip(PUBLISHED, published, notes(published), strict=True):
        assert f"{line} {n:,} {note}".strip() in text, line  # the English one
    with translation.override("km"):
        khmer = [str(line.words) for line in LINES]
    text = re.sub(r"[\s\u200b]", "", text_of(files["km.pdf"]))
    for line, n in zip(khmer, published, strict=True):
        assert re.sub(r"[\s\u200b]", "", line) + f"{n:,}" in text, line
    book = openpyxl.load_workbook(io.BytesIO(next(v for k, v in files.items() if k.endswith("xlsx"))))
    assert numbers(book["Ages"]) == [
        [int(n.replace(",", "")) for n in row] for row in expected_ages(hand["cells"], bands)
    ]
    assert numbers(book["Published"]) == [[n] for n in published]
    said_of_lines = [[str(v or "") for v in row] for row in book["Published"].iter_rows(values_only=True)]
    for line, n, note in zip(PUBLISHED, published, notes(published), strict=True):
        assert any(row[1:3] == [line, str(n)] and row[4] == note for row in said_of_lines), (line, said_of_lines)
    assert [row[:4] for row in numbers(book["Months"])] == [*by_month(hand["cells"], year)]
    assert numbers(book["Hand outs"]) == given(hand)
    assert numbers(book["Summary"]) == [[n] for n in hand["totals"].values()]
    assert sorted(n for [n] in numbers(book["Conditions"])) == sorted(hand["conditions"].values())
    data = {tuple(row[:4]): row[4] for row in book["Data"].iter_rows(min_row=2, values_only=True)}
    assert data == hand["cells"]


def notes(published: list[int]) -> list[str]:
    """Return what stands beside each published line."""
    total, inpatient, outpatient, mobile, *gave = published[:7]
    each = "each also received dental education, a toothbrush and toothpaste" if {*gave} == {mobile} else ""
    return [
        f"every visit of every service; {inpatient} + {outpatient} + {mobile}", "in-patient admissions in the year",
        "out-patient visits", each, "", "", "", f"part of {total}", f"part of {total}",
        f"part of the {inpatient} admissions: the patient's first admission here",
    ]  # fmt: skip


def by_month(cells: Any, year: int) -> Iterator[list[int]]:
    """Give the numbers of each month by service and all, and at the end those of the year."""
    for month in [*(f"{year}-{n:02}" for n in range(1, 13)), ""]:
        of = {keys: n for keys, n in cells.items() if keys[0].startswith(month)}
        yield [*(sum(n for keys, n in of.items() if keys[1] == s) for s in SERVICES), sum(of.values())]


def given(hand: dict[str, Any]) -> list[list[int]]:
    """Return what was given to women, men and all, a line each."""
    return [
        [
            sum(n for (what, x), n in hand["given"].items() if what == name and sex in (None, x))
            for sex in (*SEXES, None)
        ]
        for name in GIVEN
    ]


def numbers(sheet: Any) -> list[list[int]]:
    rows = ([v for v in row if isinstance(v, int | float)] for row in sheet.iter_rows(values_only=True))
    return [row for row in rows if row]


def test_what_comes_late_is_counted_at_once_and_told_beside_what_was_issued(centre: Centre) -> None:
    year = centre.year
    first, last = months(f"{year}-01", f"{year}-12")
    with transaction.atomic():
        job = services.ask_for_issue(kind="year", first=first, by=centre.admin, today=local_day(timezone.now()))
        issue_paper(str(job.pk))
        was = centre.hand.figures(first, last, "published")
        kept = (list(centre.hand.contacts), dict(centre.hand.births))
        centre.load(centre.register.late)
        centre.load_again(centre.register.late)
        for log_is_empty in (False, True):
            assert Touched.objects.exists() is not log_is_empty
            for bands in ("published", "child_health"):
                for days in centre.spans()[:5]:
                    hand = centre.hand.figures(*days, bands)
                    args = ["--from", f"{days[0]:%Y-%m}", "--to", f"{days[1]:%Y-%m}", "--bands", bands]
                    check_contract(json.loads(command(*args, "--format", "json")), hand, bands)
            keeping.keep_up()
        now = centre.hand.figures(first, last, "published")
        issue = issued.newest("year", first)
        told = {d.id: (d.was or 0, d.now or 0) for d in issuing.since(issue, at=timezone.now())}
        wanted = {name: (was["totals"][name], n) for name, n in now["totals"].items() if was["totals"][name] != n}
        for place, part in ((1, "service"), (2, "band"), (3, "sex")):
            old, new = along(was["cells"], place), along(now["cells"], place)
            wanted |= {f"patients_assessed|{part}={k}": (old[k], new[k]) for k in {*old, *new} if old[k] != new[k]}
        known = {key: both for key, both in told.items() if key in now["totals"] or key in wanted}
        assert known == wanted
        centre.hand.contacts, centre.hand.births = kept
        transaction.set_rollback(True)
