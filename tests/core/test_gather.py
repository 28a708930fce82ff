"""Related rows inside the row they belong to, in one statement, on both databases."""

import pytest

from clinic.models import Bed, Ward
from core.gather import gather

pytestmark = pytest.mark.django_db


def test_the_rows_below_come_with_the_row_in_one_statement(django_assert_num_queries):
    full = Ward.objects.create(name_km="ក", name_en="Full")
    empty = Ward.objects.create(name_km="ខ", name_en="Empty")
    for label in ("1", "2"):
        Bed.objects.create(ward=full, label=label, active=label == "1")
    with django_assert_num_queries(1):
        below = gather(Bed.objects.all(), "ward", label="label", active="active", room="ward__name_km")
        found = {ward.pk: ward.beds_below for ward in Ward.objects.annotate(beds_below=below)}
    assert sorted((bed["label"], bool(bed["active"]), bed["room"]) for bed in found[full.pk]) == [
        ("1", True, "ក"), ("2", False, "ក"),
    ]  # fmt: skip
    assert found[empty.pk] is None


def test_only_the_rows_asked_for_are_gathered():
    ward = Ward.objects.create(name_km="ក", name_en="Full")
    for label in ("1", "2"):
        Bed.objects.create(ward=ward, label=label, active=label == "1")
    rows = Ward.objects.annotate(free=gather(Bed.objects.filter(active=True), "ward", label="label"))
    assert rows.get(pk=ward.pk).free == [{"label": "1"}]
