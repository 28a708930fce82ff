"""The printed papers of this room, each in Khmer with English beside it."""
