"""What every page about a person shows: what they must not be given."""

from __future__ import annotations

from typing import Any

from django import template

from clinic.selectors import people

register = template.Library()


@register.inclusion_tag("clinic/allergies.html")
def allergies(patient: Any) -> dict[str, Any]:
    """Show in red what a person is allergic to, or say that none is known, or that nobody asked."""
    return {"patient": patient, "alerts": people.alerts_of(patient)}
