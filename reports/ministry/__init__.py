"""The forms the ministry asks for: their layout, their numbers, and their way to DHIS2."""
