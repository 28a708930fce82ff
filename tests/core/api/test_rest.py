"""What every REST endpoint shares, tried on a small one of our own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from core.accounts.models import Nobody, User
from core.accounts.roles import Action
from core.api.pagination import NewestFirst
from core.errors import Conflict, NotAllowed, RuleBroken
from core.jobs import work
from core.jobs.models import Job

ask = APIRequestFactory()


class Line(serializers.Serializer[Any]):
    tooth = serializers.IntegerField(min_value=11)


class Visit(serializers.Serializer[Any]):
    note = serializers.CharField()
    findings = Line(many=True)


class Raising(APIView):
    action = Action.PUBLIC
    error: Exception | None = None

    def get(self, request: Any) -> Response:
        assert self.error is not None
        raise self.error

    def post(self, request: Any) -> Response:
        Visit(data=request.data).is_valid(raise_exception=True)
        return Response({})


def answer(error: Exception) -> Response:
    return Raising.as_view(error=error)(ask.get("/"))


def test_a_broken_rule_has_a_code_a_field_and_the_pages_words() -> None:
    got = answer(RuleBroken("core.phone_unreadable", field="phone"))
    assert got.status_code == 422
    assert got.data["code"] == "core.phone_unreadable"
    assert got.data["field"] == "phone"
    assert "phone number" in got.data["message"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Conflict("constraint.same_id"), 409, "constraint.same_id"),
        (NotAllowed(Action.CHECKUP), 403, "core.not_allowed"),
        (Http404(), 404, "core.not_found"),
        (PermissionDenied(), 403, "core.permission_denied"),
        (Throttled(wait=7), 429, "core.throttled"),
    ],
)
def test_every_no_has_its_status_and_its_code(error: Exception, status: int, code: str) -> None:
    got = answer(error)
    assert (got.status_code, got.data["code"]) == (status, code)
    assert got.data["message"]


def test_a_throttle_says_when_to_come_again() -> None:
    assert answer(Throttled(wait=7))["Retry-After"] == "7"


def test_wrong_input_names_each_field_by_its_path() -> None:
    got = Raising.as_view()(ask.post("/", {"findings": [{"tooth": 16}, {"tooth": 3}]}, format="json"))
    assert got.status_code == 422
    assert [(e["field"], e["code"]) for e in got.data["errors"]] == [
        ("note", "core.required"),
        ("findings.1.tooth", "core.min_value"),
    ]


def test_noise_instead_of_json_is_a_plain_no() -> None:
    got = Raising.as_view()(ask.generic("POST", "/", b"\xff\xfe{", content_type="application/json"))
    assert (got.status_code, got.data["code"]) == (400, "core.parse_error")


def test_an_unforeseen_error_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(ZeroDivisionError())


class TestDeclared:
    def get(self, view: Any, user: Any) -> int:
        request = ask.get("/")
        if user is not None:
            force_authenticate(request, user=user)
        return int(view(request).status_code)

    def test_a_view_that_forgot_to_declare_is_closed_to_everybody(self) -> None:
        class Forgot(APIView):
            def get(self, request: Any) -> Response:
                return Response({})

        assert self.get(Forgot.as_view(), User(role="admin")) == 403

    def test_a_declared_view_is_open_to_those_granted(self) -> None:
        class Checkups(APIView):
            action = Action.CHECKUP

            def get(self, request: Any) -> Response:
                return Response({})

        assert self.get(Checkups.as_view(), User(role="mobile")) == 200
        assert self.get(Checkups.as_view(), User(role="nurse")) == 403
        assert self.get(Checkups.as_view(), User(role="mobile", is_active=False)) == 403
        assert self.get(Checkups.as_view(), Nobody()) == 403
        assert self.get(Checkups.as_view(), None) == 403

    def test_a_viewsets_method_name_is_not_taken_for_its_action(self) -> None:
        class Set(ViewSet):
            def list(self, request: Any) -> Response:
                return Response({})

        assert self.get(Set.as_view({"get": "list"}), User(role="admin")) == 403


@pytest.mark.django_db
class TestNewestFirst:
    def page(self, **asked: str) -> tuple[list[UUID], str | None]:
        pages = NewestFirst()
        request = APIView().initialize_request(ask.get("/", asked))
        rows = pages.paginate_queryset(Job.objects.all(), request)
        return [row.pk for row in rows], pages.get_paginated_response([]).data["next"]

    def test_pages_follow_each_other_without_a_gap_whatever_comes_meanwhile(self, nurse: User) -> None:
        made = [work.ask("x", by=nurse)[0].pk for _ in range(5)]
        first, following = self.page(limit="2")
        work.ask("x", by=nurse)
        second, last = self.page(limit="3", before=following or "")
        assert first + second == made[::-1]
        assert last is None

    def test_a_page_is_one_query(self, nurse: User) -> None:
        work.ask("x", by=nurse)
        with CaptureQueriesContext(connection) as asked:
            self.page()
        assert len(asked) == 1

    @pytest.mark.parametrize("limit", ["-1", "0", "many", "99999999", "²"])
    def test_a_strange_limit_is_bounded(self, limit: str) -> None:
        assert self.page(limit=limit) == ([], None)

    def test_a_key_that_is_none_is_refused(self) -> None:
        with pytest.raises(RuleBroken, match=r"core\.key_unreadable"):
            self.page(before="yesterday")
