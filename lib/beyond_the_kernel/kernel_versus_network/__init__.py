"""Kernel versus network: who needs how many samples."""
