"""Who may do what: a role for each kind of colleague, an action for each kind of deed, one table between them."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The seven kinds of people who log in."""

    NURSE = "nurse", _("Nurse")
    MOBILE = "mobile", _("Mobile team")
    PHARMACIST = "pharmacist", _("Pharmacist")
    REFERRAL = "referral", _("Referral desk")
    ADMIN = "admin", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
    DONOR = "donor", _("Donor")


class Action(StrEnum):
    """The kinds of deeds that a view declares."""

    PUBLIC = "public"
    HOME = "home"
    SEARCH_PATIENTS = "patients.search"
    READ_RECORD = "patients.read"
    REGISTER_PATIENT = "patients.register"
    REVIEW_DUPLICATES = "duplicates.review"
    MERGE_PATIENTS = "patients.merge"
    UNDO_DEATH = "deaths.undo"
    OUTPATIENT = "outpatient.write"
    INPATIENT = "inpatient.write"
    SEE_WARDS = "wards.see"
    SEE_SESSIONS = "sessions.see"
    CHECKUP = "checkups.write"
    END_ADVICE = "advice.end"
    PLAN_SESSIONS = "sessions.plan"
    PACK_KIT = "kits.pack"
    SEE_REFERRALS = "referrals.see"
    REFER = "referrals.write"
    AMBULANCE = "ambulance.write"
    SEE_STOCK = "stock.see"
    MOVE_STOCK = "stock.write"
    COUNT_STOCK = "stock.count"
    RECALL = "stock.recall"
    MANAGE_FORMULARY = "formulary.manage"
    DISPENSE = "stock.dispense"
    RECEIVE_DONATION = "donations.receive"
    SEE_BOOKS = "books.see"
    FOLLOW_MONEY = "money.follow"
    PURCHASE = "purchases.write"
    CORRECT_BOOKS = "books.correct"
    SEE_BOXES = "boxes.see"
    OPEN_BOX = "boxes.open"
    COUNT_CASH = "cash.count"
    CHANGE_MONEY = "money.change"
    MANAGE_FUNDS = "funds.manage"
    SEE_AID = "aid.see"
    ASK_AID = "aid.ask"
    DECIDE_AID = "aid.decide"  # the first approval, or the only one; the rules of help
    SECOND_AID = "aid.second"  # the second approval, where two people must
    PAY_AID = "aid.pay"
    SEE_FIGURES = "figures.see"
    SEE_DASHBOARD = "dashboard.see"  # figures told apart by village and illness, stock and funds on one page
    MAKE_PAPERS = "papers.make"
    BUILD_REPORTS = "reports.build"  # any figure by any dimension; save, share, let the clock make it
    READ_REPORTS = "reports.read"  # those shared with one's role
    SEND_FIGURES = "figures.send"  # to the ministry; lays out its forms too
    IMPORT_REGISTER = "register.import"
    MANAGE_USERS = "users.manage"
    MANAGE_CENTRE = "centre.manage"
    SEE_AUDIT = "audit.see"
    TABLET = "tablet.use"
    WORK_INBOX = "inbox.work"
    MANAGE_DEVICES = "devices.manage"


_EVERYONE = {Action.HOME, Action.READ_REPORTS}
_CLINICAL = {Action.SEARCH_PATIENTS, Action.READ_RECORD, Action.REGISTER_PATIENT, Action.SEE_REFERRALS}

GRANTS: dict[Role, frozenset[Action]] = {
    Role.NURSE: frozenset(
        _EVERYONE | _CLINICAL
        | {Action.REVIEW_DUPLICATES, Action.OUTPATIENT, Action.INPATIENT, Action.SEE_WARDS, Action.REFER,
           Action.SEE_STOCK, Action.DISPENSE, Action.RECEIVE_DONATION, Action.SEE_SESSIONS, Action.TABLET,
           Action.WORK_INBOX, Action.END_ADVICE, Action.SEE_BOXES, Action.OPEN_BOX, Action.COUNT_STOCK,
           Action.SEE_AID, Action.ASK_AID, Action.SECOND_AID}
    ),
    Role.MOBILE: frozenset(
        _EVERYONE | _CLINICAL
        | {Action.SEE_SESSIONS, Action.CHECKUP, Action.PLAN_SESSIONS, Action.PACK_KIT, Action.REFER, Action.SEE_STOCK,
           Action.RECEIVE_DONATION, Action.TABLET, Action.END_ADVICE, Action.SEE_BOXES, Action.OPEN_BOX,
           Action.COUNT_STOCK, Action.SEE_AID, Action.ASK_AID, Action.FOLLOW_MONEY}
    ),
    Role.PHARMACIST: frozenset(
        _EVERYONE
        | {Action.SEARCH_PATIENTS, Action.READ_RECORD, Action.SEE_STOCK, Action.MOVE_STOCK, Action.DISPENSE,
           Action.RECEIVE_DONATION, Action.SEE_BOOKS, Action.PURCHASE, Action.SEE_BOXES, Action.OPEN_BOX,
           Action.COUNT_CASH, Action.CHANGE_MONEY, Action.COUNT_STOCK, Action.RECALL, Action.SEE_AID,
           Action.PAY_AID, Action.FOLLOW_MONEY}
    ),
    Role.REFERRAL: frozenset(
        _EVERYONE | _CLINICAL | {Action.REFER, Action.AMBULANCE, Action.SEE_WARDS, Action.RECEIVE_DONATION,
                                  Action.SEE_AID, Action.ASK_AID}
    ),
    Role.ADMIN: frozenset(set(Action) - {Action.PUBLIC}),
    Role.AUDITOR: frozenset(
        _EVERYONE
        | {Action.SEE_BOOKS, Action.SEE_BOXES, Action.SEE_STOCK, Action.SEE_AUDIT, Action.SEE_FIGURES,
           Action.SEE_DASHBOARD, Action.BUILD_REPORTS, Action.FOLLOW_MONEY}
    ),
    Role.DONOR: frozenset(_EVERYONE | {Action.SEE_FIGURES, Action.FOLLOW_MONEY}),
}  # fmt: skip


def allowed(role: str, action: Action) -> bool:
    """Return whether people of this role may do this; an unknown role may do nothing."""
    return action in GRANTS.get(role, frozenset())  # type: ignore[call-overload]
