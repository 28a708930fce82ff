"""Forms of sessions and their plan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.fields import DateField, HiddenIdField, NumberField, VillageField
from mobile_team.models import Route, Session
from mobile_team.services.planning import CANCEL, MOVE, RESTORE


class LineField(forms.CharField):
    """One line of text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"required": False, "max_length": 200} | kwargs))


class TeamField(forms.TypedMultipleChoiceField):
    """Who goes along: colleagues by their keys. Cleans to users with nothing but their key."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        ours: dict[str, Any] = {"label": _("Team"), "required": False, "coerce": lambda key: User(pk=UUID(key))}
        super().__init__(**(ours | kwargs))

    def offer(self, users: list[User]) -> None:
        """Set who can be chosen."""
        self.choices = [(str(user.pk), user.name) for user in users]

    def prepare_value(self, value: Any) -> Any:
        return [str(getattr(one, "pk", one)) for one in value or []]


class SessionForm(forms.Form):
    """A session that no route foresaw."""

    id = HiddenIdField()
    village = VillageField()
    on = DateField(label=_("Date"))
    place = LineField(label=_("Meeting place"), max_length=80)
    note = LineField(label=_("Note"))


class DescribeForm(forms.Form):
    """Where a session meets, with which vehicle, who goes."""

    place = LineField(label=_("Meeting place"), max_length=80)
    vehicle = LineField(label=_("Vehicle"), max_length=60)
    team = TeamField()
    note = LineField(label=_("Note"))


class CancelForm(forms.Form):
    """Why the team did not come."""

    reason = forms.ChoiceField(label=_("Why?"), choices=Session.Reason.choices, widget=forms.RadioSelect)
    note = LineField(label=_("Note"))


class MoveForm(forms.Form):
    """To which other day, and why."""

    on = DateField(label=_("To which day?"))
    reason = forms.ChoiceField(label=_("Why?"), choices=Session.Reason.choices, widget=forms.RadioSelect)
    note = LineField(label=_("Note"))


class RestoreForm(forms.Form):
    """Why it takes place all the same."""

    why = LineField(label=_("Why does it take place all the same?"), required=True)


class PlanForm(forms.Form):
    """The days to plan for."""

    first = DateField(label=_("From"), help_text="")
    last = DateField(label=_("Until"), help_text="")
    closed_too = forms.BooleanField(
        label=_("Plan stops also in the months in which there is no way to them"), required=False
    )


class WhichForm(forms.Form):
    """Which sessions to change together: those of some days, of one route or of all."""

    first = DateField(label=_("From"), help_text="")
    last = DateField(label=_("Until"), help_text="")
    route = forms.TypedChoiceField(label=_("Route"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, routes: list[Route], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["route"].choices = [("", _("All routes")), *((r.pk, str(r)) for r in routes)]  # type: ignore[attr-defined]


class ChangeForm(forms.Form):
    """What shall become of the sessions that are ticked: one deed for all of them."""

    deed = forms.ChoiceField(
        label=_("What to do"), widget=forms.RadioSelect,
        choices=[(CANCEL, _("Cancel them")), (MOVE, _("Move them to other days")), (RESTORE, _("Plan them again"))],
    )  # fmt: skip
    days = NumberField(
        label=_("Move by how many days?"), required=False, min_value=-60, max_value=60,
        help_text=_("7 is the same weekday a week later"),
    )  # fmt: skip
    reason = forms.ChoiceField(
        label=_("Why?"), required=False, widget=forms.RadioSelect, choices=Session.Reason.choices
    )
    why = LineField(label=_("In your own words"), max_length=200)

    def clean(self) -> dict[str, Any]:
        """Read what belongs to the deed that was chosen."""
        data = super().clean() or {}
        if data.get("deed") == MOVE and not data.get("days") and "days" not in self.errors:
            self.add_error("days", _("Write by how many days."))
        if data.get("deed") in (CANCEL, MOVE) and not data.get("reason"):
            self.add_error("reason", self.fields["reason"].error_messages["required"])
        if data.get("deed") == RESTORE and not data.get("why"):
            self.add_error("why", self.fields["why"].error_messages["required"])
        return data | {"days": data.get("days") or 0}
