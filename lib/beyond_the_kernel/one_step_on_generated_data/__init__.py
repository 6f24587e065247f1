"""One gradient step on generated data: what is left of d^2."""
