"""A register is understood whatever program wrote it, and anything else is refused in plain words."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RuleBroken
from desk.register.reading import COLUMNS, open_register
from tests.desk.register.registers import GOOD, a_row, as_csv, as_excel


def rows_of(content: bytes) -> list[dict[str, str]]:
    return [{name: text for name, text in row.cells.items() if text} for row in open_register(content).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_register_is_read_in_utf_8_and_utf_16_with_or_without_a_mark(encoding: str) -> None:
    assert rows_of(as_csv(GOOD, encoding=encoding)) == [GOOD]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_register_may_part_its_cells_as_any_spreadsheet_does(delimiter: str) -> None:
    row = a_row(conditions="fever;cold")
    assert rows_of(as_csv(row, delimiter=delimiter)) == [row]


def test_columns_may_stand_in_any_order_and_strange_ones_are_left_alone() -> None:
    columns = ("remarks", *reversed(COLUMNS))
    assert rows_of(as_csv(GOOD | {"remarks": "rain"}, columns=columns)) == [GOOD]


def test_header_names_may_be_written_with_capitals_and_spaces() -> None:
    content = as_csv(GOOD).replace(b"patient_ref", b" Patient Ref ").replace(b"contact_date", b"CONTACT_DATE")
    assert rows_of(content) == [GOOD]


def test_an_excel_workbook_is_read_with_its_dates_and_numbers() -> None:
    typed = GOOD | {"birth_date": dt.datetime(2019, 3, 5), "contact_date": dt.date(2026, 3, 4)}
    assert rows_of(as_excel(typed)) == [GOOD]
    assert rows_of(as_excel(GOOD | {"birth_date": 2019}))[0]["birth_date"] == "2019"


def test_lines_keep_their_numbers_past_blank_ones_and_line_breaks_inside_a_cell() -> None:
    content = as_csv(a_row(given_name="Da\nra"), {}, a_row(patient_ref="A-2"))
    assert [row.line for row in open_register(content).rows] == [2, 5]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00" * 50])
def test_an_empty_file_is_called_empty(content: bytes) -> None:
    with pytest.raises(RuleBroken) as broken:
        list(open_register(content).rows)
    assert broken.value.code == "desk.file_empty"


def test_ten_megabytes_of_noise_are_refused_in_a_moment() -> None:
    noise = random.Random(7).randbytes(10 * 2**20)
    for content in (noise, b"PK\x03\x04" + noise, b"patient_ref,sex\n" + noise, b"%PDF-1.7" + noise):
        with pytest.raises(RuleBroken):
            list(open_register(content).rows)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_bring_the_reader_down(content: bytes) -> None:
    try:
        list(open_register(content).rows)
        list(open_register(as_csv(GOOD) + content).rows)
    except RuleBroken:
        pass


def test_missing_columns_are_named() -> None:
    with pytest.raises(RuleBroken) as broken:
        open_register(b"patient_ref,sex\nA-1,F\n")
    assert broken.value.code == "desk.file_no_header"
    assert "contact_date, service" in str(broken.value.params["columns"])


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(RuleBroken) as broken:
        open_register(as_csv(GOOD).replace(b"family_name,", b"sex,", 1))
    assert broken.value.code == "desk.file_column_twice"


def test_a_workbook_cut_off_in_the_middle_is_refused() -> None:
    content = as_excel(*[a_row(patient_ref=f"A-{n}") for n in range(50)])
    with pytest.raises(RuleBroken):
        list(open_register(content[: len(content) // 2]).rows)


def test_a_line_cut_off_in_the_middle_is_told_from_a_whole_one() -> None:
    whole = as_csv(a_row(), a_row(patient_ref="A-2", toothpaste="y")).rstrip(b"\r\n")
    assert [row.problem for row in open_register(whole).rows] == ["", ""]
    for cut in range(len(whole) - 1, whole.rindex(b"A-2") + 1, -1):
        assert [row.problem for row in open_register(whole[:cut]).rows] == ["", "desk.row_cut_off"], whole[:cut][-40:]


def test_formulas_are_not_values() -> None:
    for name in ("=1+1", '=HYPERLINK("x")', "@SUM(A1)"):
        assert [row.problem for row in open_register(as_csv(a_row(given_name=name))).rows] == ["desk.row_formula"]
    assert [row.problem for row in open_register(as_excel(a_row(given_name="=1+1"))).rows] == ["desk.row_formula"]
    assert [row.problem for row in open_register(as_csv(a_row(phone="+85512345678"))).rows] == [""]
