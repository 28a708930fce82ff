"""What is done to figures and papers, a file for each noun."""

from reports.services.issues import File, ask_for_issue, issue
from reports.services.papers import ask_for_paper

__all__ = ["File", "ask_for_issue", "ask_for_paper", "issue"]
