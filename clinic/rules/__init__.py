"""What may be written of people and contacts, how alike two people are, what is unusual for an age; no database."""
