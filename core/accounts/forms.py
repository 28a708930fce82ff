"""Forms for logging in and for the administrator's list of colleagues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User
from core.khmer import normalise


class LoginForm(forms.Form):
    """Ask for user name and password; never tell which of the two was wrong."""

    username = forms.CharField(
        label=_("User name"), max_length=60,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        strip=False,
        max_length=200,
    )
    next = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, request: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("username") and data.get("password"):
            self.user = authenticate(self.request, username=data["username"].strip(), password=data["password"])
            if self.user is None:
                raise forms.ValidationError(_("User name and password do not fit together. Please try again."))
        return data


class UserForm(forms.ModelForm):
    """A colleague: name, role, language, and a password that is asked for only when it is to change."""

    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False,
        required=False, max_length=200, help_text=_("At least 10 characters. Leave empty to keep the present one."),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["username", "name", "role", "language", "is_active"]
        widgets = {"role": forms.RadioSelect, "language": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.fields["password"].required = True
            self.fields["password"].help_text = _("At least 10 characters.")

    def clean_username(self) -> str:
        return normalise(self.cleaned_data["username"])

    def clean_name(self) -> str:
        return normalise(self.cleaned_data["name"])

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password
