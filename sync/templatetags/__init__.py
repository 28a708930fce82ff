"""Words of the pages about tablets."""
