"""The SQLite engine of the house: a recent SQLite from the package `sqlcipher3`, encrypted when a key is set.

Debian's Python carries 3.40.1, which has the WAL-reset corruption bug; 3.51.3 is the floor (see docs/adr)."""
