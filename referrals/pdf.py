"""The referral slip: one A4 page in Khmer and English that goes with the patient; its lower part comes back.

It follows the fields of the ministry's standard slip (reference/cambodia.md 1.7) and needs no computer at the hospital.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override
from reportlab.platypus.flowables import Flowable, KeepTogether

from clinic.models import Patient
from core.pdf.blocks import Block, Field, Fields, Organisation
from core.pdf.page import Document
from core.pdf.qr import QR
from core.pdf.styles import LABEL, MUTED, SUBHEADING
from core.pdf.text import KhmerText
from core.periods import CLINIC_TZ
from core.phones import national
from core.templatetags.house import age
from referrals.models import Referral, Step

BLANK = " "
URGENCY = {1: "សង្គ្រោះបន្ទាន់ · Emergency", 2: "បន្ទាន់ ថ្ងៃនេះ · Urgent, today", 3: "តាមគម្រោង · Planned"}
SEX = {"F": "ស្រី · Female", "M": "ប្រុស · Male"}
OUTCOMES = "☐ ជាសះស្បើយ Recovered   ☐ ធូរស្រាល Improved   ☐ គ្មានការធូរស្រាល Unchanged   ☐ ស្លាប់ Died"
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


def slip(referral: Referral, steps: Sequence[Step], *, at: datetime) -> bytes:
    """Return the slip as PDF; join patient, village and hospital first (`selectors.referral`)."""
    centre = settings.CENTRE
    paper = Document(
        "លិខិតបញ្ជូនអ្នកជំងឺ · Referral slip",
        organisation=Organisation(
            centre["name_km"], centre["name_en"],
            f"{centre['department_km']} · {centre['department_en']}", centre["phone"],
        ),
        ministry=True,
        footer=f"{referral.number} · {at.astimezone(CLINIC_TZ):%d/%m/%Y %H:%M}",
        created=at,
        stamp="បោះបង់ CANCELLED" if referral.state == Referral.State.CANCELLED else "",
    )  # fmt: skip
    paper.fields(_head(referral), columns=3, qr=QR(referral.number, size=22))
    paper.fields(_person(referral, referral.patient), columns=4)
    paper.fields(_matter(referral))
    paper.fields(_times(steps), columns=4)
    sender = str(referral.recorded_by) if referral.recorded_by else ""
    paper.fields(_signatures(sender), columns=3)
    paper.add(_answer(referral))
    return paper.bytes()


def _signatures(sender: str) -> list[Field]:
    """Return three lines to sign on, flat enough that slip and answer share one page."""
    return [
        Field("អ្នកបញ្ជូន · Referred by", sender or BLANK),
        Field("ហត្ថលេខា · Signature", BLANK),
        Field("អ្នកបើកបរ ឬអ្នកអម · Driver or escort", BLANK),
    ]


def _head(referral: Referral) -> list[Field]:
    centre, hospital = settings.CENTRE, referral.hospital
    return [
        Field("លេខ · No.", referral.number),
        Field("ថ្ងៃខែឆ្នាំ · Date", f"{referral.on:%d/%m/%Y}"),
        Field("កម្រិតបន្ទាន់ · Urgency", URGENCY[referral.urgency]),
        Field("ពី · From", f"{centre['name_km']} · {centre['name_en']}", wide=True),
        Field("បញ្ជូនទៅកាន់ · Referred to", f"{hospital.name_km} · {hospital.name_en} {hospital.code}".strip(), wide=True),
    ]


def _person(referral: Referral, patient: Patient) -> list[Field]:
    return [
        Field("ឈ្មោះអ្នកជំងឺ · Patient", patient.name_khmer or BLANK),
        Field("ជាអក្សរឡាតាំង · In Latin letters", patient.name_latin or BLANK),
        Field("ភេទ · Sex", SEX[patient.sex]),
        Field("អាយុ · Age", _age(referral, patient)),
        Field("លេខសម្គាល់ · Patient ID", patient.number),
        Field("លេខទូរស័ព្ទ · Phone", national(patient.phone) if patient.phone else BLANK),
        Field("អាណាព្យាបាល · Guardian", patient.guardian or BLANK),
        Field("អ្នកអមដំណើរ · Companion", referral.companion or BLANK),
        Field("ភូមិ · Village", _village(patient), wide=True),
    ]


def _matter(referral: Referral) -> list[Field]:
    return [
        Field("មូលហេតុនៃការបញ្ជូន · Reason for referral", referral.reason, wide=True),
        Field("ប្រវត្តិជំងឺ និងអ្វីដែលរកឃើញ · History and findings", referral.findings or BLANK, wide=True),
        Field("ការព្យាបាលដែលបានផ្តល់ · Treatment given", referral.treatment_given or BLANK, wide=True),
    ]


def _times(steps: Sequence[Step]) -> list[Field]:
    taken = {step.state: f"{timezone.localtime(step.at, CLINIC_TZ):%d/%m %H:%M}" for step in steps}
    return [Field(words, taken.get(state, BLANK)) for state, words in TIMES]


def _answer(referral: Referral) -> Flowable:
    """Return the part that comes back: to be filled in by hand, or by telephone."""
    patient = referral.patient
    name = " · ".join(part for part in (patient.name_khmer, patient.name_latin) if part)
    said = Fields([
        Field("លេខ · Slip no.", referral.number),
        Field("ឈ្មោះអ្នកជំងឺ · Patient", name),
        Field("ថ្ងៃទទួល និងថ្ងៃឆ្លើយ · Received, answered", BLANK),
        Field("រោគវិនិច្ឆ័យ · Diagnosis", BLANK, wide=True),
        Field("ការព្យាបាល · Treatment", BLANK, wide=True),
        Field("ការណែនាំបន្ត · Advice for follow-up", BLANK, wide=True),
        Field("លទ្ធផល · Outcome", OUTCOMES, wide=True),
        Field("វេជ្ជបណ្ឌិត និងហត្ថលេខា · Doctor and signature", BLANK, wide=True),
    ], columns=3)  # fmt: skip
    tear = TearLine("សូមហែកត្រង់នេះ ហើយផ្ញើត្រឡប់មកវិញ · please tear off here and send back")
    title = KhmerText("ចម្លើយរបស់មន្ទីរពេទ្យ · Answer of the hospital", SUBHEADING)
    return KeepTogether([tear, title, said])


def _age(referral: Referral, patient: Patient) -> str:
    known, said = patient.age_on(referral.on), []
    for language in ("km", "en"):
        with override(language):
            said.append(age(known, patient.age_is_estimated))
    return " · ".join(dict.fromkeys(said))


def _village(patient: Patient) -> str:
    village = patient.village
    if village is None:
        return BLANK
    places = (village, village.commune, village.commune.district, village.commune.district.province)
    return f"{', '.join(p.name_km for p in places)} · {', '.join(p.name_en for p in places)}"
