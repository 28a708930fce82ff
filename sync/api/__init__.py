"""What tablets call, one door a file (docs/sync/protocol.md)."""
