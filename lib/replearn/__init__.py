"""replearn: how neural networks learn representations, and why kernels cannot.

Every public function checks its arguments: what is out of its range is a ValueError,
what is of another kind a TypeError, and both say what was given and what is allowed.
`Raises:` in a docstring names what goes beyond that.
"""

__version__ = "0.1.0"
