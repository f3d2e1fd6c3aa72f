"""A run: registrations carried out step by step, refresh, deletes, imports."""
