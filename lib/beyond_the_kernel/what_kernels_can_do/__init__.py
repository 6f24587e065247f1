"""What kernels can and cannot do."""
