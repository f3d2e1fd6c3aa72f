"""Which of our ids, addresses and names stand for which of theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Names:
    """Which of ours stands for which of theirs; an id of one kind is never that of another."""

    ours: dict[Any, Any] = field(default_factory=dict)
    theirs: dict[Any, Any] = field(default_factory=dict)

    def same(self, theirs: Any, ours: Any) -> bool:
        """Whether they stand for each other, as they do from their first meeting on."""
        if theirs not in self.ours and ours not in self.theirs:
            self.ours[theirs], self.theirs[ours] = ours, theirs
        return bool(self.ours.get(theirs) == ours)

    def said(self, text: str) -> str:
        """A text of theirs with our ids in it."""
        return re.sub(r"\d{3,}", lambda found: str(self.ours.get(int(found[0]), found[0])), text)
