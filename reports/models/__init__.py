"""What this room keeps: tallies of contacts, sets of age bands, papers as they were issued."""

from reports.models.bands import AgeBand, AgeBandSet
from reports.models.issue import Issue, IssueFile
from reports.models.tally import Recount, Tally, Touched

__all__ = ["AgeBand", "AgeBandSet", "Issue", "IssueFile", "Recount", "Tally", "Touched"]
