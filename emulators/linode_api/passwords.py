"""Root passwords: 11 to 128 characters and not too simple (the real score is not published)."""

from __future__ import annotations

import string

SHORTEST, LONGEST = 11, 128


def password_problem(password: object) -> str | None:
    """Why the API refuses this password, or None.

    Our stand-in for the strength score: three kinds of characters, or 20 characters, 10 of them different.
    """
    if not isinstance(password, str) or not SHORTEST <= len(password) <= LONGEST:
        return f"Length must be {SHORTEST}-{LONGEST} characters"
    groups = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    kinds = sum(any(letter in group for letter in password) for group in groups)
    kinds += any(all(letter not in group for group in groups) for letter in password)
    distinct = len(set(password))
    strong = (kinds >= 3 and distinct >= 6) or (len(password) >= 20 and distinct >= 10)
    return None if strong else "Password does not meet strength requirement"
