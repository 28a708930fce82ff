"""Those who log in to the demonstration: one for each role, all with the same password."""

from __future__ import annotations

from core.accounts.models import User
from core.accounts.roles import Role
from core.accounts.services import save_user

DEMO_PASSWORD = "sre-ambel-demo"  # noqa: S105 - printed for everybody who tries the demonstration

COLLEAGUES = (
    ("nurse", Role.NURSE, "សុខ ចន្ធី"),
    ("mobile", Role.MOBILE, "កែវ ដារ៉ា"),
    ("pharmacist", Role.PHARMACIST, "ជា សុផល"),
    ("referral", Role.REFERRAL, "ញ៉ែម បុប្ផា"),
    ("admin", Role.ADMIN, "ប្រាក់ សុវណ្ណ"),
    ("auditor", Role.AUDITOR, "អ៊ុក រតនា"),
    ("donor", Role.DONOR, "មិត្តម្ចាស់ជំនួយ"),
)
LOGINS = [(username, DEMO_PASSWORD) for username, _, _ in COLLEAGUES]


def taken() -> list[str]:
    """Return the user names of the demonstration that somebody has already."""
    return sorted(User.objects.filter(username__in=[name for name, _ in LOGINS]).values_list("username", flat=True))


def engage() -> dict[str, User]:
    """Return the colleagues by role, making those who are not there."""
    there = {user.username: user for user in User.objects.filter(username__in=[name for name, _ in LOGINS])}
    for username, role, name in COLLEAGUES:
        if username not in there:
            user = User(username=username, role=role, name=name, language="km")
            there[username] = save_user(user, password=DEMO_PASSWORD, by=None)
    return {role.value: there[username] for username, role, _ in COLLEAGUES}
