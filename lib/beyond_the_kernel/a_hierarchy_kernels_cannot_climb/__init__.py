"""A hierarchy that kernels cannot climb: degree eight from a few hundred samples."""
