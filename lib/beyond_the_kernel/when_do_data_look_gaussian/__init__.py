"""A chapter: what it measures, shows and checks."""
