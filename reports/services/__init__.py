"""What is done to figures and papers, a file for each noun."""

from reports.services.papers import ask_for_paper

__all__ = ["ask_for_paper"]
