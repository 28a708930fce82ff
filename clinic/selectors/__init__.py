"""Questions across the tables of this room: who is meant, who waits, who lies where, what happened."""
