"""Transfer: what one target teaches for the next."""
