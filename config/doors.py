"""Every address of the house and the view behind it, as a list: the check and the tests walk it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from core.accounts.roles import Action


@dataclass(frozen=True)
class Door:
    """One address: its name with its namespace, what its parts are converted by, the view, the action it declares."""

    name: str
    route: str
    converters: dict[str, Any]
    view: Callable[..., Any]

    @property
    def action(self) -> Action | None:
        """Return the declared action of a view function, a class of views or a REST view; None when it forgot."""
        owner = getattr(self.view, "cls", None) or getattr(self.view, "view_class", None) or self.view
        action = getattr(owner, "action", None)
        return action if isinstance(action, Action) else None


def doors(urlconf: str | None = None) -> Iterator[Door]:
    """Yield every address that the resolver knows."""
    yield from _below(get_resolver(urlconf), "", "", {})


def _below(resolver: URLResolver, namespace: str, route: str, converters: dict[str, Any]) -> Iterator[Door]:
    for pattern in resolver.url_patterns:
        here = route + str(pattern.pattern)
        found = converters | getattr(pattern.pattern, "converters", {})
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _below(pattern, inner, here, found)
        elif isinstance(pattern, URLPattern):
            yield Door(f"{namespace}{pattern.name}", here, found, pattern.callback)
