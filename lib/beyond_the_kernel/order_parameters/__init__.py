"""Order parameters: a training run of thousands of weights, told by a few numbers."""
