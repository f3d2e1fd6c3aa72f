"""Linodes and what only exists inside one: disks, configurations, interfaces, backups."""
