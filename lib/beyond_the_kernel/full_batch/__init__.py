"""Full batch: random features, double descent, and real images."""
