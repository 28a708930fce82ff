"""Papers that need every room."""
