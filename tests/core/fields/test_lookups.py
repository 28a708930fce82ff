"""Choosing from a long list: by the list, by a name that only one has, by nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from clinic.models import Condition
from core.fields import MultiLookupField, VillageField
from core.places.models import Village

pytestmark = pytest.mark.django_db


class VisitForm(forms.Form):
    village = VillageField(required=False)
    conditions = MultiLookupField(
        rows=lambda: Condition.objects.filter(active=True), url="/conditions/", key="key", required=False,
        named=lambda rows, text: rows.filter(name_en__iexact=text)[:2],
    )  # fmt: skip


def sent(**values: Any) -> VisitForm:
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [str(value)])
    return VisitForm(data)


def a_unique_village() -> Village:
    for village in Village.objects.with_path().order_by("id")[:300]:
        if Village.objects.filter(key_en=village.key_en).count() == 1 and village.key_km != village.key_en:
            return village
    raise AssertionError("no village with a name of its own among the first 300")


class TestVillages:
    def test_the_one_chosen_from_the_list_is_taken_in_one_query(self) -> None:
        village = a_unique_village()
        form = sent(village=village.pk, village_text="whatever it is called")
        with CaptureQueriesContext(connection) as asked:
            assert form.is_valid()
        assert form.cleaned_data["village"] == village
        assert len(asked) == 1

    def test_the_text_of_only_one_village_is_enough(self) -> None:
        village = a_unique_village()
        for text in (village.name_en, village.name_km, village.full_name, f"{village.name_en.upper()} "):
            form = sent(village="", village_text=text)
            with CaptureQueriesContext(connection) as asked:
                assert form.is_valid(), text
            assert form.cleaned_data["village"] == village
            assert len(asked) == 1

    def test_a_code_is_understood_with_and_without_its_leading_zero(self) -> None:
        village = Village.objects.filter(code__startswith="0").order_by("id")[0]
        same = Village.objects.filter(code=village.code).count()
        assert same == 1
        for text in (village.code, village.code.lstrip("0")):
            assert sent(village_text=text).fields["village"].clean(("", text)) == village

    def test_of_several_with_one_name_that_of_the_catchment_is_meant(self) -> None:
        name = Village.objects.values_list("key_en", flat=True).order_by("key_en")
        several = next(k for k in name if Village.objects.filter(key_en=k).count() > 1)
        form = sent(village_text=several)
        assert not form.is_valid()
        assert form.errors["village"] == ["Several villages have this name. Choose one from the list."]
        ours = Village.objects.filter(key_en=several).order_by("id")[0]
        Village.objects.filter(id=ours.id).update(catchment=True)
        form = sent(village_text=several)
        assert form.is_valid()
        assert form.cleaned_data["village"] == ours

    def test_a_name_nobody_has_is_refused_and_kept_beside_the_message(self) -> None:
        form = sent(village_text="Nowhere at all")
        assert form.errors["village"] == ["No village has this name. Type two letters and choose one from the list."]
        shown = form["village"].as_field_group()
        assert 'value="Nowhere at all"' in shown
        assert 'aria-describedby="id_village_helptext id_village_error"' in shown

    @pytest.mark.parametrize("key", ["abc", "-1", "9" * 30, "99999999", "1; drop"])
    def test_a_key_that_is_none_is_refused(self, key: str) -> None:
        assert "village" in sent(village=key, village_text="x").errors

    def test_an_emptied_box_takes_the_choice_back(self) -> None:
        form = sent(village=a_unique_village().pk, village_text="")
        assert form.is_valid()
        assert form.cleaned_data["village"] is None

    def test_a_form_shows_the_village_it_begins_with(self) -> None:
        village = a_unique_village()
        shown = VisitForm(initial={"village": village})["village"].as_field_group()
        assert f'name="village" value="{village.pk}"' in shown
        assert village.name_en in shown


class TestSeveral:
    def test_they_come_in_the_order_chosen_in_one_query(self) -> None:
        keys = list(Condition.objects.values_list("key", flat=True)[:3])[::-1]
        form = sent(conditions=keys)
        with CaptureQueriesContext(connection) as asked:
            assert form.is_valid()
        assert [c.key for c in form.cleaned_data["conditions"]] == keys
        assert len(asked) == 1

    def test_what_was_chosen_stays_with_its_words_when_the_form_comes_back(self) -> None:
        condition = Condition.objects.all()[0]
        form = sent(conditions=[condition.key], village_text="Nowhere at all")
        assert not form.is_valid()
        assert str(condition) in form["conditions"].as_field_group()

    def test_a_name_left_in_the_box_counts_when_only_one_has_it(self) -> None:
        condition = Condition.objects.all()[0]
        form = sent(conditions_text=condition.name_en)
        assert form.is_valid()
        assert form.cleaned_data["conditions"] == [condition]
        assert "conditions" in sent(conditions_text="no such illness").errors

    def test_a_key_that_is_none_is_refused(self) -> None:
        assert "conditions" in sent(conditions=["no_such_key"]).errors

    def test_one_forms_words_are_not_another_forms(self) -> None:
        condition = Condition.objects.all()[0]
        sent(conditions=[condition.key]).is_valid()
        assert VisitForm().fields["conditions"].widget.labels == {}
