"""Proofs that the database itself would have refused: its checks, its keys and what must be there once.

A restored copy, a repair by hand or a disk may bring in what no constraint saw. The rules are read off the models, so
that a new one is proven from its first day.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, cast

from django.apps import apps
from django.db.models import (
    BooleanField,
    CheckConstraint,
    Count,
    Exists,
    ExpressionWrapper,
    ForeignKey,
    Model,
    OuterRef,
    Q,
    UniqueConstraint,
)

from pharmacy.services.proofs.found import MOST, Broken


def checks_hold() -> Iterator[Broken]:
    """Prove every check of every table of this room: a row that answers no was written past the database."""
    for model in _models():
        for constraint in model._meta.constraints:
            if not isinstance(constraint, CheckConstraint):
                continue
            answer: Any = ExpressionWrapper(cast("Q", constraint.condition), output_field=BooleanField())
            # Like the database itself: what is neither yes nor no, for want of a value, passes.
            wrong = model._default_manager.annotate(holds=answer).filter(holds=False)
            for pk in wrong.order_by("pk").values_list("pk", flat=True)[:MOST]:
                yield Broken("books.check", str(model._meta.model_name), str(pk), f" ({constraint.name})")


def keys_lead_somewhere() -> Iterator[Broken]:
    """Prove that what a row refers to is there."""
    for model in _models():
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey) or field.model is not model:
                continue
            other = field.related_model._default_manager.filter(**{field.target_field.name: OuterRef(field.attname)})
            lost = model._default_manager.filter(~Exists(other), **{f"{field.name}__isnull": False})
            for pk in lost.order_by("pk").values_list("pk", flat=True)[:MOST]:
                yield Broken("books.key", str(model._meta.model_name), str(pk), f" ({field.name})")


def what_is_once_is_once() -> Iterator[Broken]:
    """Prove that what must be there only once is: a receipt, a reversal, an open count of a place."""
    for model in _models():
        for names, condition in _unique(model):
            filled = reduce(or_, (Q(**{f"{name}__isnull": True}) for name in names))
            of = model._default_manager.exclude(filled).filter(condition).order_by().values(*names)
            twice = of.annotate(times=Count("pk")).filter(times__gt=1)
            for row in twice.values_list(*names)[:MOST]:
                pk = model._default_manager.filter(condition, **dict(zip(names, row, strict=True))).order_by("-pk")
                yield Broken("books.twice", str(model._meta.model_name), str(pk.values_list("pk", flat=True)[0]),
                             f" ({', '.join(names)})")  # fmt: skip


def _unique(model: type[Model]) -> Iterator[tuple[tuple[str, ...], Q]]:
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key:
            yield (field.name,), Q()
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and constraint.fields:
            yield tuple(constraint.fields), constraint.condition or Q()


def _models() -> list[type[Model]]:
    return sorted(apps.get_app_config("pharmacy").get_models(), key=lambda model: model._meta.label)
