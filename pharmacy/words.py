"""The words of this room's broken rules, by code."""

from django.utils.translation import gettext_noop as _

WORDS: dict[str, str] = {
    "pharmacy.nothing": _("Write a number above zero."),
    "pharmacy.date_in_future": _("This date has not come yet."),
    "pharmacy.reason_missing": _("Write the reason."),
    "pharmacy.already_expired": _("This medicine had expired before it came. It cannot be taken in."),
    "pharmacy.not_enough": _("There is not enough: at most %(available)s can be taken on this date."),
    "pharmacy.not_a_shelf": _("Medicine can be taken only from the store, the dispensary or a kit."),
    "pharmacy.same_place": _("Choose two different places."),
    "pharmacy.count_agrees": _("The count agrees with the books. Nothing needs to be changed."),
    "pharmacy.given_out_since": _("This cannot be taken back: what it brought has left the shelf since."),
    "pharmacy.reversal_stays": _("A correction cannot itself be taken back. Record what is right instead."),
    "pharmacy.reversed_already": _("This has been taken back already."),
    "pharmacy.reverse_the_purchase": _("This was bought. Take back the whole purchase, so that the money returns too."),
    "pharmacy.before_the_mistake": _("A correction cannot be dated before what it corrects."),
    "pharmacy.after_death": _("This date is after the person died."),
    "pharmacy.other_patient": _("That visit belongs to another patient."),
    "pharmacy.riel_in_hundreds": _("Riel are counted in notes: the amount must be a multiple of 100."),
    "pharmacy.fund_overspent": _("The fund does not hold this much: at most %(available)s can be paid on this date."),
    "pharmacy.void_already": _("This has been voided already."),
    "pharmacy.no_such_book": _("There is no such receipt book."),
    "pharmacy.no_lines": _("Write at least one medicine."),
    "pharmacy.lines_do_not_add_up": _("The lines add up to %(added)s, which is not what the invoice says."),
}
