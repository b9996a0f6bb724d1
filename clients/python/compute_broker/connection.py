"""A connection to the broker: lines of text out and in, each with a time limit."""
from __future__ import annotations

import socket
import time
from typing import Optional

from .address import Address
from .errors import BrokerError, TimedOut, Unavailable, refusal

CONNECT_LIMIT = 5.0  # seconds
ANSWER_LIMIT = 30.0
_LONGEST = 64 << 20  # bytes of an answer: a listing of very many instances


def connected(host: str, port: int, limit: float) -> socket.socket:
    """A TCP connection whose other end is noticed to be gone within two minutes. OSError."""
    sock = socket.create_connection((host, port), timeout=limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Each system has some of these; macOS calls the first one TCP_KEEPALIVE.
    for name, value in [("TCP_KEEPIDLE", 30), ("TCP_KEEPALIVE", 30), ("TCP_KEEPINTVL", 10),
                        ("TCP_KEEPCNT", 6), ("TCP_USER_TIMEOUT", 90_000)]:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return sock


class Connection:
    """For one thread; but another may wake() it, and then it reads that the broker hung up."""

    def __init__(self, broker: Address, limit: float = CONNECT_LIMIT) -> None:
        self.broker = broker
        self._input = b""
        try:
            self._socket = connected(broker.host, broker.port, limit)
        except OSError as error:
            raise Unavailable(f"cannot reach the broker at {broker}: {error.strerror or error}; "
                              "start it there (compute-broker serve), or name another with "
                              "broker=, COMPUTE_BROKER or client.conf") from None

    def close(self) -> None:
        self._socket.close()

    def wake(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is closed already

    def send(self, line: str) -> None:
        try:
            self._socket.settimeout(CONNECT_LIMIT)
            self._socket.sendall(line.encode() + b"\n")
        except OSError:
            pass  # what the broker has said before it went is read next, or that it has gone

    def read_line(self, deadline: float) -> Optional[str]:
        """The next line without its newline; None at `deadline`, in seconds of time.monotonic()."""
        while b"\n" not in self._input:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                self._socket.settimeout(left)
                data = self._socket.recv(65536)
            except socket.timeout:
                return None
            except OSError as error:
                raise self._gone(f"cut the connection ({error.strerror or error})") from None
            if not data:  # a line cut short could be another worker's address: it is no answer
                raise self._gone("closed the connection without an answer")
            self._input += data
            if len(self._input) > _LONGEST:
                raise self._gone("sent an answer without end")
        line, _, self._input = self._input.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def ask(self, command: str, limit: float = ANSWER_LIMIT) -> str:
        """One command and its answer, where nothing else is said in between."""
        self.send(command)
        line = self.read_line(time.monotonic() + limit)
        if line is None:
            raise self.silent(command, limit)
        return accepted(line)

    def silent(self, command: str, limit: float) -> BrokerError:
        return TimedOut(f"the broker at {self.broker} did not answer {command} within {limit:g} s; "
                        "its log says what it waits for")

    def _gone(self, how: str) -> Unavailable:
        return Unavailable(f"the broker at {self.broker} {how}; ask again, and look into its log "
                           "if it stays so")


def accepted(line: str) -> str:
    """The line, unless it is an ERROR."""
    if line.startswith("ERROR"):
        raise refusal(line)
    return line


def ask_broker(broker: Address, command: str, limit: float = ANSWER_LIMIT) -> str:
    """One command of protocol 1 and its answer."""
    connection = Connection(broker, min(limit, CONNECT_LIMIT))
    try:
        return connection.ask(command, limit)
    finally:
        connection.close()
