"""The referral slip: one A4 page in Khmer and English that goes with the patient; its lower part comes back.

The answer also has a paper of its own, A5: what came back, or empty for the hospital to fill in. Both follow the fields
of the ministry's standard slip (reference/cambodia.md 1.7) and need no computer at the hospital.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from reportlab.platypus.flowables import Flowable, KeepTogether

from clinic.models import Patient
from clinic.pdf import common
from core.pdf.blocks import Block, Field, Fields
from core.pdf.page import Document
from core.pdf.qr import QR
from core.pdf.styles import LABEL, MUTED
from core.pdf.text import KhmerText
from core.periods import CLINIC_TZ
from core.phones import national
from referrals.models import Call, Referral, Step

BLANK = " "
URGENCY = {1: "សង្គ្រោះបន្ទាន់ · Emergency", 2: "បន្ទាន់ ថ្ងៃនេះ · Urgent, today", 3: "តាមគម្រោង · Planned"}
OUTCOMES = "☐ ជាសះស្បើយ Recovered   ☐ ធូរស្រាល Improved   ☐ គ្មានការធូរស្រាល Unchanged   ☐ ស្លាប់ Died"
FROM = {"inpatient": "ពីគ្រែ · from a bed", "mobile": "ក្រុមចល័ត · mobile team"}
TIMES = (
    ("called", "បានហៅទូរស័ព្ទ · Called"),
    ("departed", "ចេញដំណើរ · Departed"),
    ("arrived", "មកដល់ · Arrived"),
    ("handed_over", "ប្រគល់ជូន · Handed over"),
)


class TearLine(Block):
    """A dashed line across the page with a word in its middle."""

    before, after = 6.0, 2.0

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = KhmerText(words, LABEL.but(align="centre"))

    def wrap(self, available_width: float, available_height: float = 0) -> tuple[float, float]:
        """Return (width, height) in points."""
        self.width, self.height = available_width, self.words.wrap(available_width)[1] + 4
        return self.width, self.height

    def draw(self) -> None:
        """Draw the line, then the words under it."""
        self.canv.setStrokeColor(MUTED)
        self.canv.setDash(4, 3)
        self.canv.line(0, self.height - 1, self.width, self.height - 1)
        self.canv.setDash()
        self.words.draw_lines(self.canv, 0, self.height - 3, self.width)


def slip(referral: Referral, steps: Sequence[Step], calls: Sequence[Call], *, at: datetime) -> bytes:
    """Return the slip as PDF; join all that `selectors.referral` joins first."""
    paper = Document(
        "លិខិតបញ្ជូនអ្នកជំងឺ · Referral slip", organisation=common.organisation(), ministry=True,
        footer=_foot(referral, at), created=at, stamp=_stamp(referral),
    )  # fmt: skip
    paper.fields(_head(referral), columns=3, qr=QR(referral.number, size=22))
    paper.fields(_person(referral, referral.patient), columns=4)
    common.warn(paper, referral.patient)
    paper.fields(_matter(referral), columns=2)
    paper.fields([*_times(steps), _hotline(calls)], columns=5)
    paper.fields(_signatures(referral), columns=3)
    paper.add(_answer(referral))
    return paper.bytes()


def answer(referral: Referral, *, at: datetime) -> bytes:
    """Return the answer slip alone as PDF: what the hospital answered, or empty lines to answer on."""
    paper = Document(
        "ចម្លើយរបស់មន្ទីរពេទ្យ", subtitle="Answer of the hospital", organisation=common.organisation(), size="A5",
        footer=_foot(referral, at), created=at, stamp=_stamp(referral),
    )  # fmt: skip
    patient, hospital = referral.patient, referral.hospital
    paper.fields([
        Field("លេខលិខិតបញ្ជូន · Slip no.", referral.number),
        Field("ថ្ងៃបញ្ជូន · Referred on", f"{referral.on:%d/%m/%Y}"),
        Field("មន្ទីរពេទ្យ · Hospital", common.named(hospital, "\n"), wide=True),
    ], columns=2, qr=QR(referral.number, size=22, text=""))  # fmt: skip
    paper.fields(common.who_in_short(patient, referral.on), columns=2)
    said, dated = referral.state == Referral.State.ANSWERED, _moment(referral.received_at)
    outcome = common.both(referral.get_answer_outcome_display) if said else ""
    how = common.both(referral.get_answer_by_display) if referral.answer_by else BLANK
    paper.fields([
        Field("ថ្ងៃទទួល · Received", dated or BLANK),
        Field("ថ្ងៃឆ្លើយ · Answered", f"{referral.answered_on:%d/%m/%Y}" if referral.answered_on else BLANK),
        Field("រោគវិនិច្ឆ័យ · Diagnosis", referral.answer_diagnosis or BLANK, wide=True),
        Field("ការព្យាបាល · Treatment", referral.answer_treatment or BLANK, wide=True),
        Field("លទ្ធផល · Outcome", outcome or OUTCOMES, wide=True),
        Field("ការណែនាំបន្ត · Advice for follow-up", referral.answer_advice or BLANK, wide=True),
        *([Field("អ្វីផ្សេងទៀត · What else was said", referral.answer, wide=True)] if referral.answer else []),
        Field("អ្នកឆ្លើយ · Answered by" if said else "វេជ្ជបណ្ឌិត · Doctor", referral.answer_from or BLANK),
        Field("តាមរយៈ · How it came", how) if said else Field("ហត្ថលេខា · Signature", BLANK),
    ], columns=2)  # fmt: skip
    return paper.bytes()


def _foot(referral: Referral, at: datetime) -> str:
    return f"{referral.number} · {_moment(at)}"


def _stamp(referral: Referral) -> str:
    return "បោះបង់ CANCELLED" if referral.state == Referral.State.CANCELLED else ""


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}" if at else ""


def _signatures(referral: Referral) -> list[Field]:
    """Return three lines to sign on, flat enough that slip and answer share one page."""
    sender = str(referral.recorded_by) if referral.recorded_by else ""
    return [
        Field("អ្នកបញ្ជូន និងតួនាទី · Referred by, role", ", ".join(filter(None, (sender, referral.referrer_role))) or BLANK),
        Field("ហត្ថលេខា · Signature", BLANK),
        Field("អ្នកបើកបរ ឬអ្នកអម · Driver or escort", BLANK),
    ]


def _head(referral: Referral) -> list[Field]:
    hospital = referral.hospital
    return [
        Field("លេខ · No.", referral.number),
        Field("ថ្ងៃខែឆ្នាំ · Date", f"{referral.on:%d/%m/%Y}"),
        Field("កម្រិតបន្ទាន់ · Urgency", URGENCY[referral.urgency]),
        Field("ពី · From", _sent_from(referral), wide=True),
        Field("បញ្ជូនទៅកាន់ · Referred to", f"{common.named(hospital)} {hospital.code}".strip(), wide=True),
    ]


def _sent_from(referral: Referral) -> str:
    """Name our house, and whether the patient was in a bed, with the mobile team, or waits in a village."""
    centre, encounter = settings.CENTRE, referral.encounter
    kind = FROM.get(encounter.kind, "") if encounter else ""
    village = f"{referral.village.name_km} · {referral.village.name_en}" if referral.village else ""
    return " – ".join(filter(None, (f"{centre['name_km']} · {centre['name_en']}", kind, village)))


def _person(referral: Referral, patient: Patient) -> list[Field]:
    return [
        Field("ឈ្មោះអ្នកជំងឺ · Patient", patient.name_khmer or BLANK),
        Field("ជាអក្សរឡាតាំង · In Latin letters", patient.name_latin or BLANK),
        Field("ភេទ · Sex", common.SEX[patient.sex]),
        Field("អាយុ · Age", common.age_on(patient, referral.on)),
        Field("លេខសម្គាល់ · Patient ID", patient.number),
        Field("លេខទូរស័ព្ទ · Phone", national(patient.phone) if patient.phone else BLANK),
        Field("អាណាព្យាបាល · Guardian", patient.guardian or BLANK),
        Field("អ្នកអមដំណើរ · Companion", referral.companion or BLANK),
        Field("ភូមិ · Village", common.place(patient, " · "), wide=True),
    ]


def _payer(referral: Referral) -> str:
    """Name who pays, and the equity cards that hold for the person."""
    patient, cards = referral.patient, getattr(referral, "cards", ())
    payer = common.both(patient.get_payer_display) if patient.payer else ""
    return " · ".join(filter(None, (payer, *(f"№ {card['value']}" for card in cards)))) or BLANK


def _matter(referral: Referral) -> list[Field]:
    female = referral.patient.sex == "F"
    return [
        Field("អ្នកចេញថ្លៃ ប័ណ្ណសមធម៌ · Payer, equity card", _payer(referral), wide=not female),
        *([Field("ផ្ទៃពោះ · Pregnancy", referral.pregnancy or BLANK)] if female else []),
        Field("មូលហេតុនៃការបញ្ជូន · Reason for referral", referral.reason),
        Field("រោគវិនិច្ឆ័យបណ្តោះអាសន្ន · Provisional diagnosis", referral.diagnosis or BLANK),
        Field("សញ្ញាគ្រោះថ្នាក់ · Danger signs", referral.danger_signs or BLANK),
        Field("សញ្ញាជីវិត និងម៉ោង · Vital signs, time", referral.vitals or BLANK),
        Field("ប្រវត្តិជំងឺ និងអ្វីដែលរកឃើញ · History and findings", referral.findings or BLANK, wide=True),
        Field("ការព្យាបាលដែលបានផ្តល់ និងម៉ោង · Treatment given, time", referral.treatment_given or BLANK, wide=True),
    ]


def _times(steps: Sequence[Step]) -> list[Field]:
    taken = {step.state: f"{timezone.localtime(step.at, CLINIC_TZ):%d/%m %H:%M}" for step in steps}
    return [Field(words, taken.get(state, BLANK)) for state, words in TIMES]


def _hotline(calls: Sequence[Call]) -> Field:
    """Say with whom at the hospital we spoke last."""
    spoken = [call.spoke_to for call in calls if call.spoke_to]
    return Field("និយាយជាមួយ · Spoke to", spoken[-1] if spoken else BLANK)


def _answer(referral: Referral) -> Flowable:
    """Return the part that comes back: to be filled in by hand, or by telephone."""
    whose = Fields([
        Field("លេខ · Slip no.", referral.number),
        Field("ឈ្មោះអ្នកជំងឺ · Patient", common.names(referral.patient)),
        Field("ថ្ងៃទទួល និងថ្ងៃឆ្លើយ · Received, answered", BLANK),
    ], columns=3)  # fmt: skip
    said = Fields([
        Field("រោគវិនិច្ឆ័យ · Diagnosis", BLANK),
        Field("ការព្យាបាល · Treatment", BLANK),
        Field("លទ្ធផល · Outcome", OUTCOMES, wide=True),
        Field("ការណែនាំបន្ត · Advice for follow-up", BLANK),
        Field("វេជ្ជបណ្ឌិត និងហត្ថលេខា · Doctor and signature", BLANK),
    ], columns=2)  # fmt: skip
    tear = TearLine(
        "ចម្លើយរបស់មន្ទីរពេទ្យ៖ សូមហែកត្រង់នេះ ហើយផ្ញើត្រឡប់មកវិញ · Answer of the hospital: please tear off here and send back"
    )
    return KeepTogether([tear, whose, said])
