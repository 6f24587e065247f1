"""Gaussian inputs, Hermite polynomials, multi-index targets."""
