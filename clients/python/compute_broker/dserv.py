"""A worker's own service: dserv evaluates a Tcl script and answers with its result."""
from __future__ import annotations

import collections
import socket
import struct
import threading
import time
from typing import Any, Callable, DefaultDict, Tuple

from .connection import connected
from .errors import EvalError, TimedOut, WorkerLost

CONNECT_LIMIT = 10.0  # seconds
_FAILED = "!TCL_ERROR "
_LOOK = 0.25  # so often it is asked whether the wait has become vain
# dserv has 8 places for all clients of an address, which may be a whole lab, and one queue behind
# them: more than some of them at a time would take others' and gain nothing.
_PLACES = 4

_places: DefaultDict[Tuple[str, int], threading.Semaphore] = collections.defaultdict(
    lambda: threading.Semaphore(_PLACES))
_places_lock = threading.Lock()


def evaluate(host: str, port: int, script: str, limit: float, check: Callable[[], None]) -> str:
    """The result of `script`, which may take `limit` seconds from now on, the wait for its turn
    included. `check` is called now and then; what it raises ends the wait."""
    if not script:
        raise ValueError("an empty script has no answer")
    with _places_lock:
        place = _places[host, port]
    deadline = time.monotonic() + limit

    def look(what: str) -> float:
        check()
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(f"{what} within {limit:g} s; what has begun goes on there, so give it a "
                           "longer timeout=")
        return min(left, _LOOK)

    while not place.acquire(timeout=look(f"other scripts on the worker {host} were not done")):
        pass
    try:
        return _exchange(host, port, script, min(limit, CONNECT_LIMIT),
                         lambda: look(f"the worker {host} did not answer the script"))
    finally:
        place.release()


def _exchange(host: str, port: int, script: str, limit: float, look: Callable[[], float]) -> str:
    body = script.encode()
    try:
        sock = connected(host, port, limit)
    except OSError as error:
        raise WorkerLost(f"cannot reach the worker {host} at port {port}: "
                         f"{error.strerror or error}; ask for another one") from None
    with sock:
        try:
            _write(sock, struct.pack(">I", len(body)) + body, look)  # never the header by itself
            (size,) = struct.unpack(">I", _read(sock, 4, host, look))
            answer = _read(sock, size, host, look).decode("utf-8", "replace")
        except OSError as error:
            raise _hung_up(host, error.strerror or str(error)) from None
    if answer.startswith(_FAILED):
        raise EvalError(answer[len(_FAILED):])
    return answer


def _write(sock: socket.socket, data: bytes, look: Callable[[], float]) -> None:
    left = memoryview(data)
    while left:
        sock.settimeout(look())
        try:
            left = left[sock.send(left):]
        except socket.timeout:
            continue


def _read(sock: socket.socket, size: int, host: str, look: Callable[[], float]) -> bytes:
    data = bytearray()
    while len(data) < size:
        sock.settimeout(look())
        try:
            chunk = sock.recv(min(size - len(data), 1 << 20))
        except socket.timeout:
            continue
        if not chunk:
            raise _hung_up(host, "closed")
        data += chunk
    return bytes(data)


def _hung_up(host: str, how: str) -> WorkerLost:
    return WorkerLost(f"the worker {host} ended the connection before it answered ({how}): it has "
                      "ended, or more clients are on it than it has places for; ask for another "
                      "one, or again if the script may run twice")


def tcl(value: Any) -> str:
    """A value as Tcl has it: text, numbers, 1 and 0 for truth, lists of these."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return " ".join(tcl_word(each) for each in value)
    return str(value)


def tcl_word(value: Any) -> str:
    """The same as one word of a script or one element of a list, with nothing in it substituted."""
    text = tcl(value)
    special = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\u0000"}
    quoted = "".join(special.get(c) or ("\\" + c if c in ' ;"$[]{}\\#\v\f' else c) for c in text)
    return quoted or "{}"
