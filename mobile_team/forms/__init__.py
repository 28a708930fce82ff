"""The check-up's form in one file, those of rounds in another; everything is imported from here."""

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
from mobile_team.forms.rounds import CancelForm, PlanForm, RouteForm, SessionForm, StopField

__all__ = [
    "CODE_WORDS", "MARK_WORDS", "PERMANENT_WORDS", "PRIMARY_WORDS", "CancelForm", "Chart", "ChartField", "CheckupForm",
    "CorrectionForm", "EndAdviceForm", "PlanForm", "RouteForm", "SessionForm", "StopField", "TeethField", "VoidForm",
    "YesNoField",
]  # fmt: skip
