"""One gradient step finds the subspace."""
