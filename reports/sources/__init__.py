"""What figures count: rows of other rooms, each with its day, its dimensions, and how one reads in a list."""

from reports.sources.source import NONE, ONE, Days, Dimension, Line, Part, Shown, Source

__all__ = ["NONE", "ONE", "Days", "Dimension", "Line", "Part", "Shown", "Source"]
