"""What the twelve animals of the years are called."""

from django.utils.translation import gettext_lazy as _

ANIMALS = {
    "rat": _("Rat"), "ox": _("Ox"), "tiger": _("Tiger"), "rabbit": _("Rabbit"), "dragon": _("Dragon"),
    "snake": _("Snake"), "horse": _("Horse"), "goat": _("Goat"), "monkey": _("Monkey"), "rooster": _("Rooster"),
    "dog": _("Dog"), "pig": _("Pig"),
}  # fmt: skip
