"""What layer-wise training can do, and real digits."""
