"""How what the stacks declare becomes real, one folder a cloud."""
