"""Registers kept elsewhere, in CSV or Excel: read, checked whole, loaded once, bad rows given back with reasons.

`reading` opens files, `checking` judges rows, `loading` writes them, `work` does all three and tells how far it is."""
