"""What we want: the stack program, its settings per environment, and the commands that run it."""
