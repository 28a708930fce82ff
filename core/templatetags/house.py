"""Small words of the templates: Khmer dates, money, ages."""

from django import template

register = template.Library()
