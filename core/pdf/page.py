"""Write a paper from top to bottom: `Document` with letterhead, running head, "page n of m", and bytes at
the end."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import takewhile
from typing import Any, Literal

from reportlab.lib.utils import TimeStamp
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
)
from reportlab.platypus.flowables import Flowable

from core.charts import Chart
from core.pdf import fonts, styles
from core.pdf.blocks import (
    Beside,
    Field,
    Fields,
    Letterhead,
    Organisation,
    Panel,
    Rule,
    Signatures,
    Tiles,
    aligned,
)
from core.pdf.card import Card, CardSheet
from core.pdf.chart import ChartFlowable
from core.pdf.label import Label, LabelSheet
from core.pdf.qr import QR
from core.pdf.shaping import KhmerCanvas, text_width
from core.pdf.styles import DANGER, HAIRLINE, MM, MUTED, Align
from core.pdf.table import Cell, Column, Table
from core.pdf.text import KhmerText, parse

Size = Literal["A4", "A4 landscape", "A5", "card", "card sheet", "label", "label sheet"]


@dataclass(frozen=True)
class Sheet:
    """A size of paper with its margins, all in points; a bare one has neither head nor foot."""

    width: float
    height: float
    side: float
    top: float
    bottom: float
    bare: bool = False


SHEETS: dict[str, Sheet] = {
    "A4": Sheet(210 * MM, 297 * MM, 17 * MM, 13 * MM, 17 * MM),
    "A4 landscape": Sheet(297 * MM, 210 * MM, 15 * MM, 12 * MM, 16 * MM),
    "A5": Sheet(148 * MM, 210 * MM, 11 * MM, 9 * MM, 14 * MM),
    "card sheet": Sheet(210 * MM, 297 * MM, 17 * MM, 13 * MM, 13 * MM, bare=True),
    "card": Sheet(85.6 * MM, 54 * MM, 0, 0, 0, bare=True),
    "label sheet": Sheet(210 * MM, 297 * MM, 15 * MM, 13 * MM, 13 * MM, bare=True),
    "label": Sheet(60 * MM, 40 * MM, 0, 0, 0, bare=True),
}
RUNNING_HEAD = 9 * MM
BEGINNING = 60  # points of a table or text that must follow its heading


def page_number(language: str, page: int, pages: int) -> str:
    """Return "page n of m" in the language of the paper."""
    return f"ទំព័រ {page} / {pages}" if language == "km" else f"Page {page} of {pages}"


class PagedCanvas(KhmerCanvas):
    """A canvas that keeps its pages until it knows how many there are, then adds head and foot to each."""

    def __init__(
        self,
        filename: Any,
        *,
        finish: Callable[[KhmerCanvas, int, int], None],
        created: datetime | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(filename, **{**kwargs, "initialFontName": fonts.REGULAR})
        self._finish, self._kept = finish, list[dict[str, Any]]()
        if created is not None:
            self._doc._timeStamp = _stamp(created)

    def showPage(self) -> None:  # noqa: N802 (ReportLab's name)
        """Keep the page."""
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Finish every page and write the file."""
        kept = self._kept
        for number, state in enumerate(kept, start=1):
            self.__dict__.update(state)
            self._finish(self, number, len(kept))
            super().showPage()
        super().save()


class Document:
    """A printed paper.

    `language` is that of the paper ("km" or "en"). With `organisation` the first page has a letterhead
    (with the kingdom's heading if `ministry`) and later pages a running head. `footer` stands at the foot
    of every page, for instance who printed it and when; `created` is the date in the file's properties.
    `stamp` is set large and pale across every page ("VOID"). The same calls always give the same bytes.
    Lengths are in millimetres.
    """

    def __init__(
        self,
        title: str,
        language: str = "km",
        *,
        organisation: Organisation | None = None,
        ministry: bool = False,
        subtitle: str = "",
        footer: str = "",
        size: Size = "A4",
        created: datetime | None = None,
        stamp: str = "",
    ) -> None:
        fonts.register()
        self.title, self.language, self.organisation = title, language, organisation
        self.footer, self.created, self.stamp, self.subtitle = footer, created, stamp, subtitle
        self.sheet = SHEETS[size]
        self._parts: list[Flowable] = []
        self._made: builtins.bytes | None = None
        if self.sheet.bare:
            return
        if organisation:
            self.add(Letterhead(organisation, ministry=ministry))
        title_style = styles.TITLE if size != "A5" else styles.TITLE.but(size=14)
        self.add(KhmerText(title, title_style))
        if subtitle:
            self.add(KhmerText(subtitle, styles.SUBTITLE))

    def add(self, *flowables: Flowable) -> None:
        """Add flowables of your own."""
        self._parts += flowables
        self._made = None

    def heading(self, text: str, level: int = 1) -> None:
        """Add a heading; level 2 is smaller. It stays on the page of what follows."""
        self.add(KhmerText(text, styles.HEADING if level == 1 else styles.SUBHEADING))

    def paragraph(self, text: str, *, align: Align | None = None, markup: bool = True) -> None:
        """Add a paragraph; `<b>` and `<br/>` are understood. Give `markup=False` for words typed by a
        person."""
        self.add(KhmerText(text, aligned(styles.BODY, align), markup=markup))

    def small(self, text: str, *, align: Align | None = None) -> None:
        """Add small grey print."""
        self.add(KhmerText(text, aligned(styles.SMALL, align)))

    def note(self, text: str) -> None:
        """Add a tinted note with a bar at its left; `<b>` is understood."""
        self.add(Panel(KhmerText(text, styles.BODY.but(size=9.5), markup=True)))

    def alert(self, text: str) -> None:
        """Add a warning: red, bold, framed. Only for what can harm; `text` is plain."""
        self.add(Panel(KhmerText(text, styles.BODY.but(bold=True, colour=DANGER)), framed=True, line=DANGER))

    def box(self, text: str, title: str = "") -> None:
        """Add a framed box, with a bold title in it if given."""
        text_in_box = KhmerText(text, styles.BODY)
        if title:
            text_in_box.spans = [*parse(f"<b>{title}</b><br/>"), *text_in_box.spans]
        self.add(Panel(text_in_box, framed=True))

    def fields(self, pairs: Sequence[Field | tuple[str, str]], *, columns: int = 2, qr: QR | None = None) -> None:
        """Add labels with values in columns; `Field(label, value, wide=True)` takes a whole row."""
        if pairs:
            self.add(Fields(pairs, columns=columns, qr=qr))

    def tiles(self, figures: Sequence[tuple[str, str]]) -> None:
        """Add key figures side by side, each (label, value); four to a row look best."""
        if figures:
            self.add(Tiles(figures))

    def table(
        self,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Cell]],
        *,
        total_row: Sequence[Cell] | None = None,
        zebra: bool = True,
        grid: bool = False,
    ) -> None:
        """Add a table; see `core.pdf.table.Table`."""
        self.add(Table(columns, rows, total_row=total_row, zebra=zebra, grid=grid))

    def chart(self, *charts: Chart, height: float = 60) -> None:
        """Add a chart, or several side by side, `height` millimetres high."""
        drawn = [ChartFlowable(chart, height) for chart in charts]
        self.add(drawn[0] if len(drawn) == 1 else Beside(drawn))

    def qr(self, data: str, *, text: str | None = None, size: float = 24, align: Align = "left") -> None:
        """Add a QR code of `size` millimetres with its text under it."""
        self.add(QR(data, size=size, text=text, align=align))

    def cards(self, cards: Sequence[Card]) -> None:
        """Add patient cards: one to a page of size "card", ten to a page of size "card sheet"."""
        if self.sheet is SHEETS["card"]:
            for card in cards:
                self.add(*([PageBreak()] if self._parts else []), card)
        else:
            self.add(CardSheet(cards))

    def labels(self, labels: Sequence[Label]) -> None:
        """Add labels: one to a page of size "label", eighteen to a page of size "label sheet"."""
        if self.sheet is SHEETS["label"]:
            for label in labels:
                self.add(*([PageBreak()] if self._parts else []), label)
        else:
            self.add(LabelSheet(labels))

    def signatures(self, signers: Sequence[str | tuple[str, str]]) -> None:
        """Add places to sign, each a role or (role, name)."""
        self.add(Signatures(signers))

    def rule(self) -> None:
        """Add a hairline."""
        self.add(Rule())

    def space(self, height: float = 4) -> None:
        """Add `height` millimetres of white."""
        self.add(Spacer(1, height * MM))

    def page_break(self) -> None:
        """Go on on a new page."""
        self.add(PageBreak())

    def together(self, *flowables: Flowable) -> None:
        """Add flowables that stay on one page if one page holds them."""
        self.add(KeepTogether(list(flowables)))

    def bytes(self) -> builtins.bytes:
        """Return the PDF."""
        if self._made is None:
            self._made = self._build()
        return self._made

    def _build(self) -> builtins.bytes:
        sheet, out = self.sheet, BytesIO()
        template = BaseDocTemplate(
            out,
            pagesize=(sheet.width, sheet.height),
            title=self.title,
            author=self.organisation.name_en if self.organisation else "",
            subject=self.subtitle,
            creator="core.pdf",
            lang=self.language,
            invariant=1,
            pageCompression=1,
        )
        template.addPageTemplates(
            [PageTemplate("first", [self._frame(0)]), PageTemplate("later", [self._frame(RUNNING_HEAD)])]
        )
        story = list(self._headed()) if sheet.bare else [NextPageTemplate("later"), *self._headed()]
        maker = partial(PagedCanvas, finish=self._finish, created=self.created)
        template.build(story or [Spacer(1, 1)], canvasmaker=maker)
        return out.getvalue()

    def _headed(self) -> Iterator[Flowable]:
        """Yield the parts, each heading after a break if what follows it does not begin on its page.

        ReportLab's keepWithNext would move a heading and the whole of a long table to the next page.
        """
        width, height = self.sheet.width - 2 * self.sheet.side, self.sheet.height / 2
        for i, part in enumerate(self._parts):
            if _is_heading(part):
                after = list(takewhile(_is_heading, self._parts[i:]))
                after += self._parts[i + len(after) : i + len(after) + 1]
                needed = 0.0
                for flowable in after:
                    whole = _is_heading(flowable) or type(flowable).split is Flowable.split
                    high = flowable.wrap(width, height)[1] + flowable.getSpaceBefore() + flowable.getSpaceAfter()
                    needed += high if whole else min(high, max(BEGINNING, getattr(flowable, "beginning", 0)))
                yield CondPageBreak(min(needed, height))
            yield part

    def _frame(self, head: float) -> Frame:
        sheet = self.sheet
        height = sheet.height - sheet.top - sheet.bottom - (0 if sheet.bare else head)
        pads = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
        return Frame(sheet.side, sheet.bottom, sheet.width - 2 * sheet.side, height, **pads)

    def _finish(self, canvas: KhmerCanvas, page: int, pages: int) -> None:
        """Draw running head, foot and stamp of one page."""
        canvas.setViewerPreference("DisplayDocTitle", "true")
        if self.stamp:
            self._draw_stamp(canvas)
        if self.sheet.bare:
            return
        left, right = self.sheet.side, self.sheet.width - self.sheet.side
        canvas.setLineWidth(0.5)
        canvas.setStrokeColor(HAIRLINE)
        canvas.setFillColor(MUTED)
        if page > 1:
            y = self.sheet.height - self.sheet.top - 10
            name = (
                (self.organisation.name_km if self.language == "km" else self.organisation.name_en)
                if self.organisation
                else ""
            )
            self._ends(canvas, y, self.title, name)
            canvas.line(left, y - 7, right, y - 7)
        y = self.sheet.bottom - 16
        canvas.line(left, y + 12, right, y + 12)
        self._ends(canvas, y, self.footer, page_number(self.language, page, pages))

    def _ends(self, canvas: KhmerCanvas, y: float, left: str, right: str, size: float = 8) -> None:
        """Write a text at each end of a line; the left one shrinks rather than run into the right one."""
        room = self.sheet.width - 2 * self.sheet.side - text_width(right, size) - 12
        wanted = text_width(left, size)
        canvas.setFont(fonts.REGULAR, size if wanted <= room else max(size * room / wanted, 3))
        canvas.drawString(self.sheet.side, y, left)
        canvas.setFont(fonts.REGULAR, size)
        canvas.drawRightString(self.sheet.width - self.sheet.side, y, right)

    def _draw_stamp(self, canvas: KhmerCanvas) -> None:
        size = min(self.sheet.width * 0.7 * 1000 / max(text_width(self.stamp, 1000, bold=True), 1), 90)
        canvas.saveState()
        canvas.translate(self.sheet.width / 2, self.sheet.height / 2)
        canvas.rotate(35)
        canvas.setFillColor(MUTED, alpha=0.18)
        canvas.setFont(fonts.BOLD, size)
        canvas.drawCentredString(0, -size / 3, self.stamp)
        canvas.restoreState()


def _is_heading(flowable: Flowable) -> bool:
    return isinstance(flowable, KhmerText) and flowable.style.keep_with_next


def _stamp(moment: datetime) -> TimeStamp:
    """Return ReportLab's idea of a moment, so that a file's date comes from its caller and not from the
    clock."""
    stamp = TimeStamp(invariant=1)
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    stamp.t, stamp.lt = moment.timestamp() if offset is not None else 0.0, moment.timetuple()
    stamp.YMDhms = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    stamp.dhh, stamp.dmm = divmod(minutes, 60)
    return stamp
