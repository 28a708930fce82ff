"""Pages of figures and papers, one file a noun."""
