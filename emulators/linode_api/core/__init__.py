"""What all kinds of resources share: it knows none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Body = Mapping[str, Any]
"""A request's JSON object, which nothing may change."""
