"""Pages of medicine and money, one file a noun."""
