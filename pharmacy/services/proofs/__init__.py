"""What a single row cannot say is asked of all rows: one file a noun, one function a proof, each naming what breaks it.

`pharmacy.services.books` runs them; the words of each stand in `pharmacy.words`.
"""
