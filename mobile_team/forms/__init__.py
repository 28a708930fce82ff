"""The check-up's form in one file, those of rounds in another; everything is imported from here."""

from mobile_team.forms.checkup import (
    CODE_WORDS,
    PERMANENT_WORDS,
    PRIMARY_WORDS,
    ChartField,
    CheckupForm,
    VoidForm,
    YesNoField,
)
from mobile_team.forms.rounds import CancelForm, PlanForm, RouteForm, SessionForm, StopField

__all__ = [
    "CODE_WORDS", "PERMANENT_WORDS", "PRIMARY_WORDS", "CancelForm", "ChartField", "CheckupForm", "PlanForm",
    "RouteForm", "SessionForm", "StopField", "VoidForm", "YesNoField",
]  # fmt: skip
