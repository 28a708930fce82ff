"""The acts of the centre: one noun a module, one verb a function. Each checks, writes, notes and stamps."""
