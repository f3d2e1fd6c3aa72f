"""Every error that providers.linode raises.

LinodeError                 all of them: one line, what failed, why, what to do next
├── ApiRefused              the API answered with an error: status, reasons, fields
│   ├── NotAuthorized       401: the token is wrong, or lacks a scope
│   ├── NotFound            404: no such thing (any more)
│   ├── Busy                400 `Linode busy.`: a job of that Linode is queued or running
│   └── FileNotSent         a file that is no part of a request did not arrive where the API wants it
├── LabelHeld               the label is held by a Linode that the resource may not have: which, and what to do
├── ApiUnreachable          no usable answer came; `did_nothing` tells whether it can have been done
├── ApiMaintenance          503 with X-Maintenance-Mode: the API is closed, a repeat is of no use
├── WaitExpired             what was waited for did not come in time
├── WaitFailed              what was waited for will not come: the event failed
├── NoMatch                 a pick found nothing: which criterion removed the last candidates
├── BadFilter               a filter names an attribute, or compares in a way, that the catalog does not have
├── Offline                 LINODE_OFFLINE forbids to ask the API, and the cache does not have it
├── BadPins                 the file of pins can't be used as it is; nothing was changed in it
├── BadConnection           the token or the address can't be used: missing, unsafe, not for this stack
└── WrongAccount            the token in use belongs to another account than the stack
"""

from __future__ import annotations


class LinodeError(Exception):
    """One line: what failed, why, and what to do next."""


class ApiRefused(LinodeError):
    """The API answered, and the answer is an error.

    `status` is the HTTP status; `reasons` are pairs (field or "", reason) in the order of the answer.
    Source: the errors array of every Linode API v4 error answer.
    """

    def __init__(self, message: str, *, status: int, reasons: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.reasons = reasons


class NotAuthorized(ApiRefused):
    """401: the token is wrong, or it lacks the scope that the endpoint needs."""


class NotFound(ApiRefused):
    """404: there is no such thing, or there is none any more."""


class Busy(ApiRefused):
    """400 `Linode busy.`: a job of that Linode is queued or running; nothing was done."""


class FileNotSent(ApiRefused):
    """The address that the API gave out for a file did not take it. `status` is 0: it is not the API's answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=0)


class LabelHeld(LinodeError):
    """The label is held by a Linode that is not this resource's, or that the state has already."""


class ApiUnreachable(LinodeError):
    """No usable answer came: the connection failed, broke or timed out, or a gateway answered for the API.

    `did_nothing` is True when the request surely was not carried out; False when nobody can tell.
    """

    def __init__(self, message: str, *, did_nothing: bool) -> None:
        super().__init__(message)
        self.did_nothing = did_nothing


class ApiMaintenance(LinodeError):
    """503 with X-Maintenance-Mode: the API is closed for maintenance, nothing was done."""


class WaitExpired(LinodeError):
    """What was waited for did not come in time; the thing itself may still get there."""


class WaitFailed(LinodeError):
    """What was waited for will not come, because the API reports that its job failed."""


class Interrupted(LinodeError):
    """The engine was told to stop, and this only waited."""


class NoMatch(LinodeError):
    """A pick found nothing; the message names the criterion that removed the last candidates.

    `explanation` are the lines of the funnel, "" where there is none; `criterion` is the text of the one that
    removed the last candidates.
    """

    def __init__(self, message: str, explanation: str = "", criterion: str = "") -> None:
        super().__init__(message)
        self.explanation = explanation
        self.criterion = criterion


class BadFilter(LinodeError):
    """A filter names an attribute that the catalog does not have, or compares it in a way that it can't."""


class Offline(LinodeError):
    """LINODE_OFFLINE forbids to ask the API, and what is needed is not in the cache on disk."""


class BadPins(LinodeError):
    """The file of pins is damaged, edited, of another version or account, or lacks a pin that must be there."""


class BadConnection(LinodeError):
    """The token or the address can't be used: missing, unsafe, or not allowed for this stack."""


class WrongAccount(LinodeError):
    """The token in use belongs to another account than the one that this stack was made in."""
