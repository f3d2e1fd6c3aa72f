"""The tool around the stacks and the provider: engines, delivery, reports, the command line."""
