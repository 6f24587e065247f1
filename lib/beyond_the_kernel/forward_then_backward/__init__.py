"""Forward, then backward: a level that learns alone, and is corrected from above."""
