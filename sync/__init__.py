"""Tablets: how they are let in, what they may take along, what they saved on the way, and what needs a person."""
