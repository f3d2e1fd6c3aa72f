"""The tool around the stacks and the provider: engines, delivery, the command line."""
