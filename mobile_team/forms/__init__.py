"""The check-up's form in one file, those of sessions, routes and talks in others; everything is imported from here."""

from mobile_team.forms.checkup import (
    CODE_WORDS,
    MARK_WORDS,
    PERMANENT_WORDS,
    PRIMARY_WORDS,
    Chart,
    ChartField,
    CheckupForm,
    CorrectionForm,
    EndAdviceForm,
    TeethField,
    VoidForm,
    YesNoField,
)
from mobile_team.forms.rounds import (
    CancelForm,
    ChangeForm,
    DescribeForm,
    MoveForm,
    PlanForm,
    RestoreForm,
    SessionForm,
    WhichForm,
)
from mobile_team.forms.routes import RouteForm
from mobile_team.forms.talks import MonthForm, TalkForm

__all__ = [
    "CODE_WORDS", "MARK_WORDS", "PERMANENT_WORDS", "PRIMARY_WORDS", "CancelForm", "ChangeForm", "Chart", "ChartField",
    "CheckupForm", "CorrectionForm", "DescribeForm", "EndAdviceForm", "MonthForm", "MoveForm", "PlanForm",
    "RestoreForm", "RouteForm", "SessionForm", "TalkForm", "TeethField", "VoidForm", "WhichForm", "YesNoField",
]  # fmt: skip
