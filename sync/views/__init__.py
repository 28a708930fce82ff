"""The pages of this room: tablets and what they may carry, what needs a person, and the app itself."""
