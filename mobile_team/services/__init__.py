"""What the team does: routes are saved, sessions planned, check-ups recorded, each with its note in the log."""
