"""The seven people of the tests, one a role; all share one password and read English unless a test says otherwise."""

from __future__ import annotations

import pytest
from django.test import Client

from core.accounts.models import User
from core.accounts.roles import Role

PASSWORD = "rice-field-rain-7"


def a_user(role: Role, username: str = "", *, name: str = "", language: str = "en") -> User:
    """Return a saved colleague of this role."""
    return User.objects.create_user(
        username=username or str(role), password=PASSWORD, name=name or str(role.label), role=role, language=language
    )


def client_of(user: User, *, language: str = "") -> Client:
    """Return a browser in which `user` is logged in."""
    if language:
        user.language = language
        user.save(update_fields=["language"])
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def nurse(db: None) -> User:
    """Sok Chanthy, nurse."""
    return a_user(Role.NURSE, name="Sok Chanthy")


@pytest.fixture
def mobile(db: None) -> User:
    """Keo Dara, mobile team."""
    return a_user(Role.MOBILE, name="Keo Dara")


@pytest.fixture
def pharmacist(db: None) -> User:
    """Chea Sophal, pharmacist."""
    return a_user(Role.PHARMACIST, name="Chea Sophal")


@pytest.fixture
def referral_desk(db: None) -> User:
    """Nhem Bopha, referral desk."""
    return a_user(Role.REFERRAL, name="Nhem Bopha")


@pytest.fixture
def administrator(db: None) -> User:
    """Prak Sovann, administrator."""
    return a_user(Role.ADMIN, name="Prak Sovann")


@pytest.fixture
def auditor(db: None) -> User:
    """Ouk Ratana, auditor."""
    return a_user(Role.AUDITOR, name="Ouk Ratana")


@pytest.fixture
def donor(db: None) -> User:
    """A donor abroad."""
    return a_user(Role.DONOR, name="A friend abroad")
