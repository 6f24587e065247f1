"""A chapter's folder to copy, as its notebook is."""
