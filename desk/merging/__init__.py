"""Two records of one person become one, so that nothing is lost and it can be taken back.

`table` says what happens to each key to a patient, `columns` which of two values stands, `picture` what each has.
"""
