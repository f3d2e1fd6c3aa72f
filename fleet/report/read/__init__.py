"""Bundles: what the preview of one stack left in a folder, as typed records."""
