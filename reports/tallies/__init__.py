"""Contacts counted beforehand: what is watched, how it is counted, kept up, read and proved (docs/adr/0019).

`reading.read()` gives exact numbers at any moment; `keeping` and `proving` are what the workers do."""
