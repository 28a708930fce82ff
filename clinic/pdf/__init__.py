"""The papers of the centre's own care: patient card, out-patient slip, discharge summary.

Every paper speaks Khmer first, with English beside or below it.
"""
