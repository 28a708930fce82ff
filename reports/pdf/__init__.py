"""The printed papers of this room: the month and the year."""
