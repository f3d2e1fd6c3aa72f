"""What is kept: checkpoint, backend files, lock, secrets, configuration of a stack."""
