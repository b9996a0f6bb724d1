"""What can go wrong, by kind. Each error is one sentence, and what the broker said is in it."""
from __future__ import annotations

import re
from typing import List, Tuple, Type


class BrokerError(Exception):
    """Whatever goes wrong with a broker or a worker. As it stands: a refusal that has no kind."""

    exit_code = 1  # of the command line


class BadRequest(BrokerError):
    """The broker cannot do what was asked, today or later: its options, or its pools, say no."""


class NoCapacity(BrokerError):
    """No worker can be had now: EC2 has none, or none was ready within `wait`. Ask again later."""


class Limit(BrokerError):
    """A limit in the broker's settings is reached; the sentence names it."""


class NotAllowed(BrokerError):
    """The broker does not serve this machine's address."""


class Unavailable(BrokerError):
    """The broker cannot be reached, hung up, or serves nobody at the moment."""

    exit_code = 3


class TimedOut(BrokerError):
    """The broker, or a script on a worker, did not answer in time."""

    exit_code = 4


class WorkerLost(BrokerError):
    """The worker, or the lease on it, has ended."""

    exit_code = 75  # EX_TEMPFAIL: the same again may well succeed


class EvalError(BrokerError):
    """The script failed on the worker; the text is Tcl's own message."""


class Stopped(BrokerError):
    """We have ended this call ourselves: another script of a map() failed, a task was cancelled."""


# The table of docs/protocol.md, "Kinds of errors": the first row that fits decides.
KINDS: List[Tuple[str, Type[BrokerError]]] = [
    (r"Bad request|Unknown command|no pool offers |pool ", BadRequest),
    (r"no capacity for |a quota is used up for |no worker could be launched for |"
     r"no worker was ready within ", NoCapacity),
    (r"Worker not found$|Lease not found$|terminated by TERMINATE_ALL$", WorkerLost),
    (r"too many connections$|the broker is stopping", Unavailable),
    (r"\S+ may not use this broker", NotAllowed),
    (r".*\b(?:max_workers|launches_per_hour_max|max_lifetime) = ", Limit),
]


def refusal(line: str) -> BrokerError:
    """The error that an ERROR line of the broker is."""
    text = re.sub(r"^ERROR(: |$)", "", line)
    if not text:
        return BrokerError("the broker answered ERROR without a reason; its log has it")
    for beginning, kind in KINDS:
        if re.match(beginning, text):
            return kind(text)
    return BrokerError(text)
