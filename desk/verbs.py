"""What each verb of the log means, in words; a test asks whether every verb that is written has some."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import gettext_noop as _

ROOMS = {
    "clinic": _l("Clinic"),
    "mobile_team": _l("Mobile team"),
    "referrals": _l("Referrals and ambulance"),
    "pharmacy": _l("Medicine and money"),
    "reports": _l("Figures and papers"),
    "desk": _l("Desk"),
    "accounts": _l("Colleagues"),
    "audit": _l("The log itself"),
}

VERBS: dict[str, str] = {
    "accounts.user.added": _("added a colleague"),
    "accounts.user.changed": _("changed a colleague's account"),
    "audit.reads.sealed": _("sealed the looks at records into the chain"),
    "clinic.admission.begun": _("admitted a patient"),
    "clinic.admission.ended": _("discharged a patient"),
    "clinic.admission.moved": _("moved a patient to another bed"),
    "clinic.card.printed": _("printed a patient card"),
    "clinic.encounter.voided": _("marked a contact as entered in error"),
    "clinic.numbers.reserved": _("reserved a block of patient numbers"),
    "clinic.pair.distinct": _("said that two records are of different people"),
    "clinic.pair.reopened": _("took back that two records are of different people"),
    "clinic.pairs.looked_for": _("looked for records that may be of one person"),
    "clinic.patient.corrected": _("corrected a patient's data"),
    "clinic.patient.death_undone": _("took back that a patient had died"),
    "clinic.patient.died": _("recorded a death"),
    "clinic.patient.registered": _("registered a patient"),
    "clinic.visit.closed": _("closed a visit"),
    "clinic.visit.corrected": _("corrected a closed visit"),
    "clinic.visit.opened": _("opened a visit"),
    "clinic.visit.saved": _("wrote in a visit"),
    "clinic.visit.taken_in": _("took somebody in who waited"),
    "desk.demo.begun": _("began to make the demonstration"),
    "desk.demo.done": _("finished the demonstration"),
    "desk.demo.family_told": _("wrote down the guardian or equity card of a made-up person"),
    "desk.register.ages_corrected": _("corrected ages from a register"),
    "desk.register.contact": _("loaded a contact from a register"),
    "desk.register.discharged": _("loaded a discharge from a register"),
    "desk.register.given": _("gave a register to be loaded"),
    "desk.register.patient": _("loaded a patient from a register"),
    "desk.register.patient_corrected": _("corrected a patient from a register"),
    "mobile_team.checkup.corrected": _("corrected a check-up"),
    "mobile_team.checkup.recorded": _("recorded a check-up"),
    "mobile_team.checkup.voided": _("marked a check-up as entered in error"),
    "mobile_team.route.added": _("added a route"),
    "mobile_team.route.changed": _("changed a route"),
    "mobile_team.session.added": _("added a session"),
    "mobile_team.session.cancelled": _("cancelled a session"),
    "mobile_team.session.held": _("said that a session was held"),
    "mobile_team.session.restored": _("took back that a session was cancelled"),
    "mobile_team.sessions.planned": _("planned sessions"),
    "pharmacy.batch.received": _("received medicine"),
    "pharmacy.donation.received": _("received a donation"),
    "pharmacy.donation.voided": _("cancelled a donation's receipt"),
    "pharmacy.medicine.dispensed": _("gave medicine to a patient"),
    "pharmacy.medicine.reorder_level_set": _("said when a medicine runs low"),
    "pharmacy.purchase.recorded": _("recorded a purchase of medicine"),
    "pharmacy.purchase.voided": _("cancelled a purchase"),
    "pharmacy.stock.adjusted": _("corrected the stock after counting"),
    "pharmacy.stock.reversed": _("took back a move of medicine"),
    "pharmacy.stock.transferred": _("moved medicine to another shelf"),
    "pharmacy.stock.written_off": _("wrote off medicine"),
    "referrals.referral.answered": _("recorded the hospital's answer"),
    "referrals.referral.arrived": _("recorded that a referred patient arrived"),
    "referrals.referral.called": _("called the hospital about a referral"),
    "referrals.referral.cancelled": _("cancelled a referral"),
    "referrals.referral.departed": _("recorded that a referred patient left"),
    "referrals.referral.did_not_arrive": _("recorded that a referred patient did not arrive"),
    "referrals.referral.drafted": _("drafted a referral"),
    "referrals.referral.handed_over": _("recorded that a patient was handed over"),
    "referrals.referral.own_transport": _("recorded that a patient went by own transport"),
    "referrals.trip.completed": _("brought a vehicle back"),
    "referrals.trip.dispatched": _("sent a vehicle out"),
    "reports.paper.asked": _("asked for a paper"),
}


def words_for(verb: str) -> str:
    """Return the words for a verb, or the verb itself."""
    return gettext(VERBS[verb]) if verb in VERBS else verb
