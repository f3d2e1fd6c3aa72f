"""gRPC with the program and its providers, each a child process."""
