"""A day in a village with the real app: let in, out of reach all day, killed, updated, and sent home whole and once."""

from __future__ import annotations

from typing import Any

from tests.flows.conftest import Person


def test_an_administrator_gets_a_code_from_the_page(people: Any) -> None:
    administrator: Person = people("admin", "en")
    administrator.go("/tablets/enrol/")
    administrator.page.fill("[name=name]", "Green cover")
    administrator.send()
    assert "/tablets/enrol/" in administrator.page.url
