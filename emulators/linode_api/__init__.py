"""A Linode API v4 on this machine: real shapes, errors and timings, a stored account, faults on demand."""
