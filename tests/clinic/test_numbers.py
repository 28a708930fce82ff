"""Patient numbers come from blocks that never overlap; the desk takes a new one by itself."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import NumberBlock, Patient
from clinic.selectors import search
from clinic.services import numbers
from core.audit.models import Entry
from core.errors import Conflict, RuleBroken
from core.ids import parse_patient_number, patient_number
from tests.builders import TODAY, a_patient, somebody
from tests.people import client_of
from tests.threads import at_once


def spans() -> list[tuple[int, int]]:
    return list(NumberBlock.objects.order_by("first").values_list("first", "last"))


def apart(blocks: list[tuple[int, int]]) -> bool:
    return all(one[1] < other[0] for one, other in pairwise(blocks))


class TestBlocks:
    pytestmark = pytest.mark.django_db

    def test_a_block_follows_the_last_one_and_begins_behind_a_round_thousand(self):
        first = numbers.reserve(holder="tablet-1", size=500, by=somebody())
        second = numbers.reserve(holder="tablet-2", size=2_001, by=somebody())
        assert (first.first, first.last) == (500_001, 501_000)
        assert (second.first, second.last) == (501_001, 504_000)
        assert apart(spans())

    def test_a_block_is_written_into_the_log(self):
        numbers.reserve(holder="tablet-1", size=1, by=somebody())
        entry = Entry.objects.get(verb="clinic.numbers.reserved")
        assert entry.detail == {"holder": "tablet-1", "first": 500_001, "last": 501_000}

    def test_a_device_draws_from_its_own_blocks_and_says_when_they_are_used_up(self):
        block = numbers.reserve(holder="tablet-1", size=1, by=somebody())
        NumberBlock.objects.filter(pk=block.pk).update(next=block.last)
        assert parse_patient_number(numbers.take("tablet-1")) == block.last
        with pytest.raises(RuleBroken, match=r"^clinic.numbers_used_up$"):
            numbers.take("tablet-1")
        assert parse_patient_number(numbers.take()) == 1

    def test_the_desk_takes_a_new_block_by_itself_behind_those_of_the_devices(self):
        NumberBlock.objects.update(first=1, last=1, next=1)
        numbers.reserve(holder="tablet-1", size=1_000, by=somebody())
        given = [parse_patient_number(a_patient().number) for _ in range(3)]
        assert given == [1, 2_001, 2_002]
        assert apart(spans())

    def test_a_second_block_of_the_desk_is_used_when_the_first_is_empty(self):
        NumberBlock.objects.update(first=1, last=1, next=2)
        NumberBlock.objects.create(first=600_000, last=600_010, next=600_000)
        assert parse_patient_number(a_patient().number) == 600_000

    def test_many_numbers_at_once_run_over_several_blocks(self):
        NumberBlock.objects.update(first=1, last=3, next=2)
        taken = [parse_patient_number(number) for number in numbers.take_many(5)]
        assert taken == [2, 3, 1_001, 1_002, 1_003]
        assert parse_patient_number(numbers.take()) == 1_004

    def test_a_province_goes_on_beyond_six_digits(self):
        NumberBlock.objects.update(first=1, last=999_999, next=999_999)
        last, beyond = a_patient(), a_patient(family_name="Nhem", given_name="Rith")
        assert last.number.startswith("SA-999999-")
        assert parse_patient_number(beyond.number) == 1_000_001
        assert [hit.patient for hit in search.find(beyond.number, today=TODAY)] == [beyond]

    def test_numbers_end_where_a_card_ends(self):
        NumberBlock.objects.create(holder="x", first=999_999_001, last=999_999_999, next=999_999_001)
        assert patient_number(999_999_999)
        with pytest.raises(RuleBroken, match=r"^clinic.numbers_at_an_end$"):
            numbers.reserve(holder="tablet-1", size=1, by=somebody())

    @pytest.mark.parametrize("size", [0, -1, numbers.LARGEST + 1])
    def test_an_odd_size_is_refused(self, size):
        with pytest.raises(RuleBroken, match=r"^clinic.block_size$"):
            numbers.reserve(holder="tablet-1", size=size, by=somebody())

    def test_who_looked_before_another_reserved_gets_nothing(self):
        numbers.reserve(holder="tablet-1", size=1, by=somebody(), after=499_999)
        with pytest.raises(Conflict, match=r"^clinic.block_meanwhile$"):
            numbers.reserve(holder="tablet-1", size=1, by=somebody(), after=499_999)
        assert NumberBlock.objects.filter(holder="tablet-1").count() == 1


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_blocks_reserved_at_the_same_instant_never_overlap(self):
        by = somebody()

        def ask(holder, size):
            while True:  # a person would look again and press again
                try:
                    return numbers.reserve(holder=holder, size=size, by=by)
                except Conflict:
                    continue

        made = at_once(*[lambda n=n: ask(f"tablet-{n}", 700 * (n % 3 + 1)) for n in range(8)])
        assert all(isinstance(block, NumberBlock) for block in made), made
        assert len(spans()) == 9 and apart(spans())

    def test_people_registered_while_the_desk_runs_out_get_different_numbers(self):
        NumberBlock.objects.update(first=1, last=3, next=1)
        by = somebody()
        made = at_once(*[lambda n=n: a_patient(by=by, given_name=f"Dara{'abcdefgh'[n]}") for n in range(8)])
        assert all(isinstance(person, Patient) for person in made), made
        assert len({person.number for person in made}) == 8
        assert NumberBlock.objects.filter(holder="").count() == 2

    def test_a_register_and_the_desk_never_share_a_number(self):
        NumberBlock.objects.update(first=1, last=40, next=1)

        def many():
            with transaction.atomic():
                return numbers.take_many(30)

        def one():
            with transaction.atomic():
                return [numbers.take()]

        taken = at_once(many, one, many, one)
        assert all(isinstance(some, list) for some in taken), taken
        assert len({number for some in taken for number in some}) == 62


class TestPage:
    pytestmark = pytest.mark.django_db

    def test_the_administrator_sees_the_blocks_and_reserves_one(self, administrator):
        client, url = client_of(administrator), reverse("clinic:numbers")
        client.get("/about/")
        with CaptureQueriesContext(connection) as asked:
            page = client.get(url)
        assert len(asked) <= 3 and "499,999" in page.content.decode()
        sent = {"holder": "tablet-1", "size": "២០០០", "after": "499999"}
        with CaptureQueriesContext(connection) as asked:
            assert client.post(url, sent).status_code == 302
        assert len(asked) <= 12
        assert NumberBlock.objects.get(holder="tablet-1").last == 502_000
        again = client.post(url, sent)
        assert again.status_code == 422 and "Another block was reserved" in again.content.decode()

    @pytest.mark.parametrize(
        "wrong",
        [{}, {"size": "many"}, {"size": "0"}, {"size": "9" * 30}, {"holder": "t" * 10_000},
         {"after": "x"}, {"after": "-1"}, {"size": "1.5"}, {"holder": "123"}],
    )  # fmt: skip
    def test_wrong_input_is_answered_with_words(self, administrator, wrong):
        sent = {"holder": "tablet-1", "size": "1000", "after": "499999"} | wrong if wrong else {}
        answer = client_of(administrator).post(reverse("clinic:numbers"), sent)
        assert answer.status_code == 422 and NumberBlock.objects.count() == 1
