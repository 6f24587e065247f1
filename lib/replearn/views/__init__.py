"""What a reader sees and moves: figures, the explorer (no kernel), the lab (live)."""
