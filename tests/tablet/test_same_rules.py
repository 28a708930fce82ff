"""The rules that stand twice, in Python and in JavaScript, give the same answers: both are held to tests/vectors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tablet import vectors

ALMOST = 0.05  # of a score of 100


def vector(name: str) -> Any:
    return json.loads((vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", vectors.FILES)
def test_the_vectors_say_what_the_rules_in_python_say_today(name: str) -> None:
    kept = (vectors.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert kept == vectors.written(name), "write them anew: python -m tests.tablet.vectors"


@pytest.mark.parametrize(
    ("module", "fold", "said"),
    [
        ("khmer", "normalise", "normalise"), ("khmer", "searchKey", "search_key"), ("names", "words", "words"),
        ("names", "latinKey", "latin_key"), ("names", "nearKey", "near_key"), ("names", "khmerKey", "khmer_key"),
        ("names", "crossingKey", "crossing_key"), ("names", "placeKey", "place_key"),
    ],
)  # fmt: skip
def test_a_name_folds_on_the_tablet_as_on_the_server(modules: Any, module: str, fold: str, said: str) -> None:
    expected = vector("names")[said]
    body = f"return given.map((text) => {module}.{fold}(text));"
    asked = [text.split()[0] for text in expected] if fold == "nearKey" else list(expected)
    found = modules.run(module, body=body, given=asked)
    wrong = [(text, is_, be) for (text, be), is_ in zip(expected.items(), found, strict=True) if is_ != be]
    assert wrong == []


def test_a_name_answers_what_was_typed_on_the_tablet_as_on_the_server(modules: Any) -> None:
    said = vector("names")
    expected = {(one, other): score for one, other, score in said["name_score"]}
    pairs = [(one, other) for one in said["asked"]["typed"] for other in said["asked"]["people"]]
    found = modules.run("names", body="return given.map(([a, b]) => names.nameScore(a, b));", given=pairs)
    wrong = [
        (pair, is_, expected.get(pair, 0)) for pair, is_ in zip(pairs, found, strict=True)
        if abs(is_ - expected.get(pair, 0)) > ALMOST
    ]  # fmt: skip
    assert wrong == []


def test_a_birth_is_read_on_the_tablet_as_on_the_server(modules: Any) -> None:
    lines = vector("ages")["told"]
    body = """return given.map(({ text, on }) => {
      try { const { text: _, ...birth } = ages.parse(text, on); return birth; }
      catch (error) { return { broken: error.code }; }
    });"""
    found = modules.run("ages", body=body, given=lines)
    wrong = []
    for line, is_ in zip(lines, found, strict=True):
        expected = {k: v.removeprefix("core.") for k, v in line.items() if k not in {"text", "on"}}
        if is_ != expected:
            wrong.append((line["text"], line["on"], is_, expected))
    assert wrong == []


def test_what_the_tablet_sends_of_a_birth_reads_the_same_again(modules: Any) -> None:
    lines = [line for line in vector("ages")["told"] if "broken" not in line]
    body = """return given.map(({ text, on }) => {
      const first = ages.parse(text, on); const again = ages.parse(first.text, on);
      return JSON.stringify(first) === JSON.stringify(again);
    });"""
    assert all(modules.run("ages", body=body, given=lines))


def test_completed_ages_go_by_the_calendar(modules: Any) -> None:
    lines = vector("ages")["completed"]
    found = modules.run("ages", body="return given.map(([birth, on]) => ages.ageAt(birth, on));", given=lines)
    assert [[one["years"], one["months"], one["days"]] for one in found] == [line[2:] for line in lines]


def test_patient_numbers_are_written_and_read_as_on_the_server(modules: Any) -> None:
    said = vector("numbers")
    written = modules.run(
        "numbers", body="return given.map((n) => numbers.patientNumber(Number(n)));", given=list(said["written"])
    )
    assert written == list(said["written"].values())
    read = modules.run(
        "numbers", body="return given.map((t) => numbers.parsePatientNumber(t));", given=list(said["read"])
    )
    assert read == list(said["read"].values())


def test_a_mouth_is_reckoned_on_the_tablet_as_on_the_server(modules: Any) -> None:
    lines = vector("dental")
    body = """return given.map(({ teeth, pufa, years }) => {
      const { DMFT, dmft, permanent: p, primary: m } = dental.index(teeth, years, pufa);
      return { DMFT, dmft, D: p.decayed, M: p.missing, F: p.filled, d: m.decayed, m: m.missing, f: m.filled,
               ...dental.pufa(pufa) };
    });"""
    found = modules.run("dental", body=body, given=lines)
    assert [(one["what"], is_) for one, is_ in zip(lines, found, strict=True)] == [
        (o["what"], o["expect"]) for o in lines
    ]
