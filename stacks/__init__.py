"""What we want: the stack program, and its settings per environment."""
