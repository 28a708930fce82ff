"""Help with costs: who is helped and why, what is asked for, what was paid, what became of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Outcome
from core.fields import DateField, HiddenIdField, MoneyField, NameField, NotesField
from core.money import Currency
from pharmacy.aid_rules import ANSWERS, QUESTIONS
from pharmacy.forms.fields import CURRENCIES, CurrencyForm, FundField, FundsForm, ReasonForm, TextField
from pharmacy.models import AidCase, AidCost
from pharmacy.selectors.cash import held
from pharmacy.services.aid import Because


class CaseForm(forms.Form):
    """A case that is opened: for which illness, and by which card or whose assessment."""

    all_optional = True  # which half must be filled follows from why they are helped
    id = HiddenIdField()
    illness = TextField(label=_("Illness"), max_length=200)
    on = DateField(label=_("Date"))
    eligible = forms.ChoiceField(
        label=_("Why they are helped"), widget=forms.RadioSelect, choices=AidCase.Eligible.choices
    )
    card = TextField(label=_("Number of the equity card"), max_length=60, required=False)
    assessed_by = NameField(
        label=_("Assessed by"), max_length=120, required=False, help_text=_("Who knows them and answers for it")
    )
    assessment = NotesField(label=_("What else there is to say"), max_length=2000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, words in QUESTIONS.items():
            self.fields[key] = forms.ChoiceField(
                label=words, widget=forms.RadioSelect, choices=list(ANSWERS.items()), required=False
            )

    def questions(self) -> list[forms.BoundField]:
        """Return the boxes of the questions."""
        return [self[key] for key in QUESTIONS]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("eligible") == AidCase.Eligible.CARD and not said.get("card") and "card" not in self.errors:
            self.add_error("card", _("Write the number of the card."))
        return said

    def because(self) -> Because:
        """Return why the household is helped, as the service takes it."""
        said = self.cleaned_data
        if said["eligible"] == AidCase.Eligible.CARD:
            return Because(card=said["card"])
        answers = {key: said[key] for key in QUESTIONS if said.get(key)}
        return Because(assessed_by=said["assessed_by"], answers=answers, assessment=said["assessment"])


class AskForm(CurrencyForm, FundsForm):
    """A cost that a fund of ours shall pay; each fund is offered with what it holds."""

    offered = staticmethod(lambda: [(at.fund.code, f"{at.fund}: {at.riel} · {at.dollars}") for at in held()])

    id = HiddenIdField()
    kind = forms.ChoiceField(label=_("For what"), choices=AidCost.Kind.choices, widget=forms.RadioSelect)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=forms.RadioSelect, initial="KHR")
    amount = MoneyField(label=_("Amount"))
    fund = FundField(label=_("Out of which fund"), initial="aid")
    payee = TextField(label=_("To whom"), max_length=120, required=False, help_text=_("If it is known already"))
    remark = TextField(label=_("Note"), max_length=200, required=False)
    on = DateField(label=_("Date"))


class EquityFundForm(CurrencyForm):
    """What the Health Equity Fund paid for this illness."""

    id = HiddenIdField()
    kind = forms.ChoiceField(label=_("For what"), choices=AidCost.Kind.choices, widget=forms.RadioSelect)
    currency = forms.ChoiceField(label=_("Currency"), choices=CURRENCIES, widget=forms.RadioSelect, initial="KHR")
    amount = MoneyField(label=_("Amount"))
    payee = TextField(label=_("To whom"), max_length=120, required=False)
    receipt = TextField(label=_("Number of the receipt"), max_length=40, required=False)
    remark = TextField(label=_("Note"), max_length=200, required=False)
    on = DateField(label=_("Date"))


class PayForm(CurrencyForm):
    """What an approved cost came to; its currency is the one that was approved."""

    currency = forms.ChoiceField(choices=CURRENCIES, widget=forms.HiddenInput)
    amount = MoneyField(label=_("Amount paid"), help_text=_("What it came to; at most what was approved"))
    payee = TextField(label=_("To whom"), max_length=120)
    receipt = TextField(
        label=_("Number of the receipt"), max_length=40, help_text=_("Theirs, or that of your own voucher")
    )
    on = DateField(label=_("Date"))


class CapForm(ReasonForm):
    """A lower cap for one case."""

    cap = MoneyField(label=_("Most for this case (riel)"), currency=Currency.KHR)
    field_order = ("cap", "reason")


class CloseForm(forms.Form):
    """What became of the patient."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=Outcome.choices, widget=forms.RadioSelect)
    text = TextField(label=_("What became of it"), max_length=200, required=False)
    on = DateField(label=_("Date"))


class AidRuleForm(forms.Form):
    """The rule of help from a day on."""

    from_on = DateField(label=_("From"))
    two_from = MoneyField(label=_("Two people approve from (riel)"), currency=Currency.KHR, zero=True)
    cap = MoneyField(label=_("Most for one case (riel)"), currency=Currency.KHR)
