"""Linode instances as Pulumi resources, and the catalogs they are picked from."""
