"""Signs to look for, each there, not there, or not asked; nothing is answered before somebody does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from clinic.rules.imci import Part, Question
from clinic.services.assessments import Said
from core.fields import NumberField

YES, NO = "y", "n"
ANSWERS = [(YES, _("Yes")), (NO, _("No")), ("", _("Not asked"))]
LONGEST = 365  # days


class SignsForm(forms.Form):
    """One question for each sign; `s_<sign>` is the answer, `d_<sign>` for how many days."""

    why = forms.CharField(label=_("Why it is changed"), max_length=200)

    def __init__(self, *args: Any, asked: Iterable[Question], correcting: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not correcting:
            del self.fields["why"]
        self.asked = tuple(asked)
        language = get_language()
        for question in self.asked:
            self.fields[f"s_{question.key}"] = forms.ChoiceField(
                label=question.said.in_language(language), choices=ANSWERS, required=False, widget=forms.RadioSelect,
            )  # fmt: skip
            if question.asks_days:
                self.fields[f"d_{question.key}"] = NumberField(
                    label=_("for how many days"), required=False, min_value=0, max_value=LONGEST
                )

    def answers(self) -> dict[str, Said]:
        """Return what was answered, also while other boxes are still wrong."""
        said = self.cleaned_data
        return {
            question.key: Said(answer == YES, said.get(f"d_{question.key}") if answer == YES else None)
            for question in self.asked
            if (answer := said.get(f"s_{question.key}"))
        }

    def boxes(self, questions: Iterable[Question]) -> Iterator[tuple[forms.BoundField, forms.BoundField | None]]:
        """Yield (answer, days) boxes of some questions."""
        for question in questions:
            yield self[f"s_{question.key}"], self[f"d_{question.key}"] if question.asks_days else None


class AssessForm(SignsForm):
    """The signs of all parts of the page; what waits behind a main question that is not "yes" is not answered."""

    def __init__(self, *args: Any, parts: Iterable[Part], **kwargs: Any) -> None:
        self.parts = tuple(parts)
        super().__init__(*args, asked=[question for part in self.parts for question in part.all], **kwargs)

    def answers_of(self, opened: Iterable[str]) -> dict[str, Said]:
        """Return the answers without those of parts that are shut."""
        shut = {
            question.key for part in self.parts if part.main and part.key not in set(opened)
            for question in part.questions
        }  # fmt: skip
        return {key: said for key, said in self.answers().items() if key not in shut}

    def sections(self, opened: Iterable[str]) -> list[dict[str, Any]]:
        """Return the parts as the page draws them."""
        known = set(opened)
        return [
            {
                "key": part.key, "said": part.said, "open": part.main is None or part.key in known,
                "main": next(self.boxes([part.main])) if part.main else None, "rest": list(self.boxes(part.questions)),
            }
            for part in self.parts
        ]  # fmt: skip


def initial_of(signs: Iterable[Any]) -> dict[str, Any]:
    """Return answers that stand as the form shows them."""
    found: dict[str, Any] = {}
    for row in signs:
        found |= {f"s_{row.sign}": YES if row.present else NO, f"d_{row.sign}": row.days}
    return found
