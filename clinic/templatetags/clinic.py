"""What every page about a person shows: what they must not be given."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from clinic.selectors import people
from clinic.substances import called
from core.templatetags.house import run

register = template.Library()


@register.inclusion_tag("clinic/allergies.html")
def allergies(patient: Any) -> dict[str, Any]:
    """Show in red what a person is allergic to, or say that none is known, or that nobody asked."""
    return {"patient": patient, "alerts": people.alerts_of(patient)}


@register.filter
def substance(value: str) -> SafeString:
    """Say what somebody is allergic to in the language of the page."""
    return run(called(value))
