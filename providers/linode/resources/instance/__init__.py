"""Linode instances."""
