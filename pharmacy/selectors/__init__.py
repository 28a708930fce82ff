"""Questions to the two ledgers: `stock` what lies where, `money` what the funds hold, `history` what was given."""
