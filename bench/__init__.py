"""Repeatable measurements: `python3 manage.py bench NAME`. They print figures and judge nothing.

Each stands in a file of its own and in the table of `bench/measurements.py`.
"""
