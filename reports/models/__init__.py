"""What this room keeps: tallies, sets of age bands, issued papers, the ministry's forms and what was sent of them."""

from reports.models.bands import AgeBand, AgeBandSet
from reports.models.issue import Issue, IssueFile
from reports.models.ministry import Dhis2Mapping, FormBlock, FormLine, MinistryForm, Sending, SendingTry
from reports.models.saved import ReportRun, ReportShare, SavedReport
from reports.models.tally import Recount, Tally, Touched

__all__ = [
    "AgeBand", "AgeBandSet", "Dhis2Mapping", "FormBlock", "FormLine", "Issue", "IssueFile", "MinistryForm", "Recount",
    "ReportRun", "ReportShare", "SavedReport", "Sending", "SendingTry", "Tally", "Touched",
]  # fmt: skip
