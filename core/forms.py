"""The form renderer of the house: core field groups with our own templates."""

from django.forms.renderers import TemplatesSetting


class HouseRenderer(TemplatesSetting):
    """Find form templates among the project's own."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
