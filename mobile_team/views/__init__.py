"""Pages of the mobile team: the week, a session, a check-up, the routes."""
