"""How guessable a root password is, by the estimator that Linode's own Cloud Manager uses.

The API only says "Password does not meet strength requirement" and publishes no measure. Seen of it: the Cloud
Manager asks for zxcvbn's best score, 4, since March 2023. Of the passwords that clients gave up when the API became
stricter in that month, "b4d_p4s5w0rd!!" and "myc00lp@ss!" score 3; all that it is known to take score 4. One of
those given up, "terraform-test", scores 4 too. So this is an estimate on the safe side: what passes may still be
refused, and a password of score 3 that the API might have taken has to be made stronger.
"""

from __future__ import annotations

from functools import lru_cache

LENGTHS = range(11, 129)
"""Characters, as the API enforces them; its description says 7."""

BEST_SCORE = 4
JUDGED_CHARACTERS = 72
"""The estimator refuses longer texts; what comes after so many can't make a password worse."""


@lru_cache(maxsize=64)
def is_guessable(password: str) -> bool:
    """Whether the API would refuse the password as too weak; its length is another question.

    Remembered: many Instances have one password, and each is checked several times.
    """
    from zxcvbn import zxcvbn  # its word lists take 0.2 s to load: only where there is a password to judge

    return int(zxcvbn(password[:JUDGED_CHARACTERS])["score"]) < BEST_SCORE
