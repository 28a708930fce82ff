"""People who log in: users, roles, what each role may do, and the session that remembers them.

Every view declares its action with `@requires`; `GRANTS` is the one table that answers."""
