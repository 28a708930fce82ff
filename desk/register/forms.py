"""The form that takes a register from an administrator's browser."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from core.errors import RuleBroken
from core.words import say
from desk.register.reading import open_register


class ImportForm(forms.Form):
    """A file, and whether it is only to be checked."""

    file = forms.FileField(label=_("Register (CSV or Excel)"), allow_empty_file=True)
    dry = forms.TypedChoiceField(
        label=_("What to do"),
        choices=[("yes", _("Only check it, write nothing")), ("no", _("Check it and load the good rows"))],
        initial="yes",
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )

    def clean_file(self) -> UploadedFile:
        """Refuse at once what is no register at all; rows are judged later."""
        file = self.cleaned_data["file"]
        try:
            if file.size > settings.IMPORT_MAX_BYTES:
                raise RuleBroken("desk.file_too_large")
            open_register(file.read())
        except RuleBroken as broken:
            raise forms.ValidationError(say(broken)) from None
        return file
