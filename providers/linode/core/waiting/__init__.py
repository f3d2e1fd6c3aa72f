"""One poller for every wait of a process."""
