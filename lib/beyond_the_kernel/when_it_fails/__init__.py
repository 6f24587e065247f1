"""When it fails: what one gradient step cannot see."""
