"""Who lives together and who answers for whom, consent and photo."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.forms.boxes import PersonField, PictureField
from clinic.models import Consent, Relation
from clinic.services.consents import Answer
from core.fields import DateField, HiddenIdField, NameField


class MemberForm(forms.Form):
    """Somebody who lives with the person of the page."""

    member = PersonField(label=_("Who lives with this person?"))


class GuardianForm(forms.Form):
    """Somebody who answers for the person of the page."""

    id = HiddenIdField()
    guardian = PersonField(label=_("Parent or guardian"))
    guardian_kind = forms.ChoiceField(label=_("Who this is to the patient"), choices=Relation.Kind.choices)


class ConsentForm(forms.Form):
    """What somebody agreed to or refused."""

    id = HiddenIdField()
    purpose = forms.ChoiceField(label=_("About what"), choices=Consent.Purpose.choices)
    given = forms.ChoiceField(
        label=_("Answer"), widget=forms.RadioSelect, choices=[("yes", _("Agreed")), ("no", _("Refused"))]
    )
    said_by = NameField(label=_("Who said so"), required=False, max_length=120)
    on = DateField(label=_("Asked on"))

    def answer(self) -> Answer:
        """Return what the service takes."""
        said = self.cleaned_data
        return Answer(said["purpose"], said["given"] == "yes", said["said_by"])


class PhotoForm(forms.Form):
    """A picture of the face, with the word of whoever agreed."""

    photo = PictureField(label=_("Take a picture, or choose a file"), camera=False)
    agreed_by = NameField(label=_("Who agreed to the photo"), max_length=120)
