"""Figures and papers: every count defined once, months and years computed and printed.

Screens, PDF, Excel, REST and the command line all read `reports.figures`."""
