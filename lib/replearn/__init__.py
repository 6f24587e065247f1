"""replearn: how neural networks learn representations, and why kernels cannot."""

__version__ = "0.1.0"
