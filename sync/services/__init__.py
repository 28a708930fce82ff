"""What changes tablets and what they sent: the only writers of this room."""
