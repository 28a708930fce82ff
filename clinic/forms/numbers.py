"""Reserve patient numbers for a device."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.services.numbers import GRAIN, LARGEST
from core.fields import NameField, NumberField


class BlockForm(forms.Form):
    """Whose numbers, and how many; `after` is the last number reserved when the page was shown."""

    holder = NameField(
        label=_("For which device"), max_length=40, required=False, help_text=_("Leave it empty for the desk.")
    )
    size = NumberField(
        label=_("How many numbers"), min_value=1, max_value=LARGEST, initial=GRAIN,
        help_text=_("Rounded up to whole thousands."),
    )  # fmt: skip
    after = NumberField(min_value=0, max_value=999_999_999, widget=forms.HiddenInput)
