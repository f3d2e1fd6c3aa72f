"""Refusals as the API words them.

ApiError           any answer that is not a success
  bad_request      400, with the field it is about, or none
  linode_busy      400 `Linode busy.`: a job of this Linode is queued or running
  invalid_token    401, the token is missing or unknown
  missing_scope    401, the token lacks a scope (401 in the real API, too, not 403)
  unauthorized     403, a restricted user lacks the grant
  not_found        404
  bad_method       405
  too_many         429
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

Problem = tuple[str | None, str]


class ApiError(Exception):
    """An answer that refuses: a status and one or more (field, reason) pairs."""

    def __init__(
        self, status: int, problems: Sequence[Problem], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status}: " + "; ".join(reason for _, reason in problems))
        self.status = status
        self.problems = list(problems)
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, list[dict[str, str]]]:
        """`field` is left out, not null, when the error belongs to no field (all recordings)."""
        errors = [
            {"reason": reason} | ({} if field is None else {"field": field})
            for field, reason in self.problems
        ]
        return {"errors": errors}


def problem_if(wrong: object, field: str | None, reason: str) -> list[Problem]:
    return [(field, reason)] if wrong else []


def raise_if(problems: Sequence[Problem]) -> None:
    """Several errors in one answer are normal."""
    if problems:
        raise ApiError(400, problems)


def bad_request(reason: str, field: str | None = None) -> ApiError:
    return ApiError(400, [(field, reason)])


def bad_method(allowed: Sequence[str]) -> ApiError:
    return ApiError(405, [(None, "Method Not Allowed")], {"Allow": ", ".join(allowed)})


def too_many(headers: Mapping[str, str]) -> ApiError:
    """Source: recording TestReservedIPAddresses_ExceedLimit."""
    return ApiError(429, [(None, "Too many requests")], headers)


linode_busy = partial(bad_request, "Linode busy.")  # recordings TestInstance_Resize, TestInstance_Migrate
not_found = partial(ApiError, 404, [(None, "Not found")])  # TestType_GetMissing, ExampleGetImage_missing
invalid_token = partial(
    ApiError, 401, [(None, "Invalid Token")]
)  # …ReservedIPAddresses_InsufficientPermissions
missing_scope = partial(ApiError, 401, [(None, "Your OAuth token is not authorized to use this endpoint.")])
unauthorized = partial(ApiError, 403, [(None, "Unauthorized")])
