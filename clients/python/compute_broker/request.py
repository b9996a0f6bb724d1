"""What is asked of the broker, and asking it: GET_WORKER, the wait for its answer, and the end."""
from __future__ import annotations

import socket
import threading
import time
from typing import Callable, Container, List, NamedTuple, Optional, Tuple

from .address import find_broker
from .connection import CONNECT_LIMIT, Connection, accepted
from .errors import BrokerError, Unavailable
from .times import Seconds, seconds

Progress = Callable[[str], None]

WORKER_PORT = 2560
COMING_UP = 5.0  # seconds for which a broker that is just being started is waited for
BACK_WITHIN = 60.0  # ... and one that was there, and has gone
_LATE = 15.0  # the broker answers at the end of `wait`; so much later it never will
_PAUSE = 0.2


class Lease(NamedTuple):
    address: str
    id: str  # empty: none, from a connection of protocol 2


class Request:
    """The options of `worker` and `workers`.

    cores, pool, type, market, region: what the worker is to be; see docs/protocol.md
    exclusive: nobody else has it; it ends with the block
    count:     so many workers, all or none
    hold:      a time for which it is ours though this program is silent or gone ("20m")
    wait:      how long to wait for it
    client:    our name in the broker's log; this machine's unless given
    broker:    "host:port" of the broker; see `find_broker`
    worker_port: where its service answers
    release:   end the machine with the block, for everybody who holds no lease on it; otherwise it
               goes on for others until it has been idle
    progress:  is called with what the broker says while we wait
    ValueError where one of them can never be right.
    """

    def __init__(self, *, cores: Optional[int] = None, pool: Optional[str] = None,
                 type: Optional[str] = None, market: Optional[str] = None,
                 region: Optional[str] = None, exclusive: bool = False, count: int = 1,
                 hold: Optional[Seconds] = None, wait: Seconds = 600, client: Optional[str] = None,
                 broker: Optional[str] = None, worker_port: int = WORKER_PORT,
                 release: bool = False, progress: Optional[Progress] = None) -> None:
        self.broker = find_broker(broker)
        self.wait = seconds(wait)
        if self.wait < 0:
            raise ValueError(f"wait= takes a time from 0 on, not {wait}")
        self.count = count
        self.exclusive = exclusive
        self.worker_port = worker_port
        self.release = release
        self.progress: Progress = progress or (lambda phase: None)
        if client is not None and not 1 <= len(client.encode()) <= 64:
            raise ValueError("client= takes a name of 1 to 64 bytes")
        self.hello_client = _one_word(client or socket.gethostname() or "python")
        options = {"pool": pool, "cores": cores, "type": type, "market": market, "region": region,
                   "count": None if count == 1 else count, "exclusive": 1 if exclusive else None,
                   "hold": None if hold is None else f"{round(seconds(hold))}s"}
        self.options = {key: str(value) for key, value in options.items() if value is not None}
        for key, value in self.options.items():
            if not value or value.split() != [value]:
                raise ValueError(f"{key}= takes one word, not {value!r}")

    def command(self, wait: float) -> str:
        return " ".join([f"GET_WORKER wait={max(0, round(wait))}",
                         *(f"{key}={value}" for key, value in self.options.items())])


def greeted(request: Request, protocol: int, deadline: float, stop: threading.Event) -> Connection:
    """A connection that has said HELLO; tried for until `deadline`, once at least."""
    while True:
        try:
            connection = Connection(request.broker)
            try:
                connection.ask(f"HELLO {protocol} client={request.hello_client}", CONNECT_LIMIT)
                return connection
            except BaseException:
                connection.close()
                raise
        except Unavailable as error:
            if time.monotonic() >= deadline or stop.wait(_PAUSE):
                raise
            request.progress(str(error))


def get_workers(request: Request, protocol: int, stop: threading.Event,
                opened: Callable[[Connection], None]) -> Tuple[Connection, List[Lease]]:
    """Waits for what is requested; `opened` hears of each connection. A broker that ends meanwhile
    is asked anew once it is back, for whoever waited has nothing yet."""
    end = time.monotonic() + request.wait
    patience = COMING_UP
    while True:
        connection = greeted(request, protocol, min(end, time.monotonic() + patience), stop)
        opened(connection)
        patience = BACK_WITHIN
        try:
            command = request.command(end - time.monotonic())
            connection.send(command)
            return connection, answer(request, connection, command, end + _LATE)
        except Unavailable as error:
            connection.close()
            if time.monotonic() >= end or stop.wait(_PAUSE):
                raise
            request.progress(str(error))
        except BaseException:
            connection.close()
            raise


def answer(request: Request, connection: Connection, command: str, deadline: float) -> List[Lease]:
    """The answer to a GET_WORKER that was sent, past what is said before it."""
    while True:
        line = connection.read_line(deadline)
        if line is None:
            raise connection.silent(command, request.wait + _LATE)
        if line.startswith("# "):
            request.progress(line[2:])
        elif not line.startswith("NOTICE "):
            return leases_of(accepted(line))


def leases_of(answer: str) -> List[Lease]:
    """`198.51.100.7 lease=k3x2q2mwa7bdf`, and more such pairs after it."""
    out: List[Lease] = []
    for word in answer.split():
        if word.startswith("lease=") and out:
            out[-1] = out[-1]._replace(id=word[len("lease="):])
        else:
            out.append(Lease(word, ""))
    if not out:
        raise BrokerError("the broker answered GET_WORKER with an empty line; its log may say why")
    return out


def give_back(request: Request, leases: List[Lease], dead: Container[str] = ()) -> None:
    """On a connection of its own, on which PING is a use that is not the lease's: the machine goes
    on for others until it has been idle. Not one whose address is among the `dead`; nor one that
    was asked for exclusively, for while it counts as used nobody else can have it so. BrokerError
    when the broker did not hear it."""
    connection = greeted(request, 3, time.monotonic() + COMING_UP, threading.Event())
    deadline = time.monotonic() + COMING_UP
    try:
        commands = [f"PING {lease.address}" for lease in leases
                    if lease.address not in dead and not request.exclusive]
        commands += [f"RELEASE {lease.address} lease={lease.id}" for lease in leases]
        if request.release:
            commands += [f"RELEASE {address}" for address in {lease.address for lease in leases}]
        for command in commands:
            connection.send(command)
        for command in commands:  # an ERROR says that the worker or the lease has ended already
            if connection.read_line(deadline) is None:
                raise connection.silent(command, COMING_UP)
    finally:
        connection.close()


def _one_word(name: str) -> str:
    word = "".join(c if "!" <= c <= "~" else "-" for c in name)
    return word[:64]
