"""Root passwords: 11 to 128 characters, and hard to guess.

The API's measure is not published. Taken is the best score of zxcvbn, which Linode's own Cloud Manager demands: the
passwords "b4d_p4s5w0rd!!" and "myc00lp@ss!", which clients gave up when the API became stricter, score less, and all
that are known to be accepted have it. Source: pull requests 8733 of linode/manager, 776 of
linode/terraform-provider-linode.
"""

from __future__ import annotations

from functools import lru_cache

SHORTEST, LONGEST = 11, 128
BEST_SCORE = 4
MOST_JUDGED = 72
"""Characters: the estimator takes no more."""


def password_problem(password: object) -> str | None:
    """Why the API refuses this password, or None."""
    if not isinstance(password, str) or not SHORTEST <= len(password) <= LONGEST:
        return f"Length must be {SHORTEST}-{LONGEST} characters"
    return (
        None if score(password[:MOST_JUDGED]) >= BEST_SCORE else "Password does not meet strength requirement"
    )


@lru_cache(maxsize=64)
def score(password: str) -> int:
    """0 to 4."""
    from zxcvbn import zxcvbn  # its word lists take 0.2 s to load: not at every start

    return int(zxcvbn(password)["score"])
