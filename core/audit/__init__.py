"""The log that cannot be edited: every change in one hash chain, every read of a person's record beside it.

`journal.note()` also stamps what changed for the tablets: both need the same lock, so they share it (docs/adr/0002)."""
