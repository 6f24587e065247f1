"""What kernels can and cannot do: the staircase of degrees."""
