"""The kinds of resource, each in a file or folder of its own."""
