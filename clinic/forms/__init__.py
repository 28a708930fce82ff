"""The forms of this room's pages: what a nurse types, brought to what the services take."""
