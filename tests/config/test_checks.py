"""The numbered system checks, each seen failing once."""

from types import SimpleNamespace

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.urls import path
from rest_framework.views import APIView

from config import checks
from core.accounts.permissions import public


def ids(found):
    return {message.id for message in found}


@pytest.mark.django_db
def test_the_house_as_it_stands_has_nothing_to_complain_of():
    assert ids(run_checks(databases=["default"])) == set()


def fake_sqlite(monkeypatch, *, version=(3, 53, 0), mode="IMMEDIATE", **pragmas):
    given = {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 20_000} | pragmas
    fake = SimpleNamespace(
        Database=SimpleNamespace(sqlite_version_info=version), settings_dict={"OPTIONS": {"transaction_mode": mode}}
    )
    monkeypatch.setattr(checks, "_of_vendor", lambda *_: [fake])
    monkeypatch.setattr(checks, "_pragma", lambda _, name: given[name])
    return ids(checks.sqlite_is_safe())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"version": (3, 40, 1)}, "clinic.E001"),
        ({"version": (3, 51, 2)}, "clinic.E001"),
        ({"mode": None}, "clinic.E002"),
        ({"journal_mode": "delete"}, "clinic.E003"),
        ({"synchronous": 1}, "clinic.E004"),
        ({"busy_timeout": 0}, "clinic.E005"),
    ],
)
def test_an_unsafe_sqlite_is_refused(monkeypatch, wrong, code):
    assert fake_sqlite(monkeypatch, **wrong) == {code}


def test_a_safe_sqlite_passes(monkeypatch):
    assert fake_sqlite(monkeypatch) == set()


@pytest.mark.django_db
def test_the_pragmas_are_read_from_the_real_connection():
    if connection.vendor == "sqlite":
        assert checks._pragma(connection, "journal_mode") == "wal"
        assert checks._pragma(connection, "synchronous") == checks.FULL
        assert checks._pragma(connection, "busy_timeout") >= 10_000
        assert connection.Database.sqlite_version_info >= checks.SQLITE_FLOOR


def test_an_old_or_unsuitable_postgresql_is_told():
    assert ids(checks.postgres_problems(130_012, "UTF8", "C.UTF-8")) == {"clinic.E011"}
    assert ids(checks.postgres_problems(150_018, "SQL_ASCII", "en_US.UTF-8")) == {"clinic.E012"}
    assert ids(checks.postgres_problems(150_018, "UTF8", "C")) == {"clinic.W013"}
    assert checks.postgres_problems(150_018, "UTF8", "C.UTF-8") == []


def test_a_table_of_words_that_is_not_there_is_told(settings):
    settings.WORD_TABLES = [*settings.WORD_TABLES, "clinic.words.NOTHING"]
    assert ids(checks.rules_have_words()) == {"clinic.E021"}


def test_a_view_that_declares_no_action_is_refused(settings):
    settings.ROOT_URLCONF = __name__
    assert [m.id for m in checks.views_declare_actions()] == ["clinic.E022", "clinic.E022"]


@public
def declared(request):
    """Say what it does."""


class Forgetful(APIView):
    """Forget to."""


urlpatterns = [
    path("declared/", declared), path("forgotten/", lambda request: None), path("rest/", Forgetful.as_view()),
]  # fmt: skip


def test_a_short_secret_is_refused(settings):
    settings.SECRET_KEY = "x" * 49
    assert ids(checks.secrets_are_long()) == {"clinic.E031"}


def test_a_deployment_without_locks_is_warned(settings, monkeypatch):
    settings.HTTPS, settings.ALLOWED_HOSTS, settings.AUDIT_KEY = False, ["*"], settings.SECRET_KEY
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.REDIS_URL = ""
    assert ids(checks.doors_are_locked()) == {"clinic.W041", "clinic.W042", "clinic.W043", "clinic.W044"}


def test_a_deployment_with_locks_passes(settings):
    settings.HTTPS, settings.ALLOWED_HOSTS, settings.AUDIT_KEY = True, ["records.example"], "y" * 64
    assert checks.doors_are_locked() == []
