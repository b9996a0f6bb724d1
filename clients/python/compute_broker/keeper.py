"""Keeps leases: a thread that tells the broker that they are in use, hears what becomes of their
workers, and takes them up again after the connection or the broker was lost."""
from __future__ import annotations

import random
import threading
import time
import warnings
from typing import List, Optional

from .connection import ANSWER_LIMIT, Connection, accepted
from .errors import BrokerError, Stopped, WorkerLost
from .request import Lease, Request, get_workers, give_back, greeted

RENEW_EVERY = 15.0  # seconds; a lease ends when nothing named it for the broker's lease_ttl


class Holding:
    """One lease, and what is known of it. Read by any thread, written by the keeper's."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.notices: List[str] = []  # as they came: "ended idle 900 s (limit 900 s)"
        self.lost: Optional[str] = None  # one sentence, once it is no more ours
        self.ended = False  # and the machine ends as well
        self.dead = False  # its service failed us: nobody else should be sent there

    @property
    def interrupted(self) -> Optional[str]:
        """Why the worker ends, or has ended; None while nothing is known of that."""
        for notice in self.notices:
            if notice.split(" ", 1)[0] in ("interrupted", "ended"):
                return notice
        return self.lost


class Keeper:
    """take() once, then give_back(), whatever came of it; cancel() ends another thread's take()."""

    def __init__(self, request: Request, renew_every: float = RENEW_EVERY) -> None:
        self.request = request
        self.holdings: List[Holding] = []
        self._renew_every = renew_every
        self._closing = threading.Event()
        self._connection: Optional[Connection] = None
        self._thread: Optional[threading.Thread] = None

    def take(self) -> None:
        self._connection, leases = get_workers(self.request, 3, self._closing, self._opened)
        self.holdings = [Holding(lease) for lease in leases]
        self._thread = threading.Thread(target=self._keep, daemon=True,
                                        name=f"leases of {self.request.broker}")
        self._thread.start()
        if self._closing.is_set():
            raise Stopped("the wait for a worker was called off")

    def cancel(self) -> None:
        """Ends what waits, in take() or in the thread."""
        self._closing.set()
        connection = self._connection
        if connection is not None:
            connection.wake()

    def give_back(self) -> None:
        self.cancel()
        if self._thread is not None:
            self._thread.join()
        mine = [holding.lease for holding in self.holdings if holding.lost is None]
        for holding in self.holdings:
            holding.lost = holding.lost or f"the worker {holding.lease.address} was given back"
        if not mine:
            return
        try:
            give_back(self.request, mine, {h.lease.address for h in self.holdings if h.dead})
        except BrokerError as error:
            names = ", ".join(lease.address for lease in mine)
            warnings.warn(f"the lease on {names} was not given back ({error}); it ends by itself, "
                          "in a minute or when its hold= is over", RuntimeWarning, stacklevel=3)

    def _opened(self, connection: Connection) -> None:
        self._connection = connection
        if self._closing.is_set():
            connection.wake()

    def _keep(self) -> None:
        while not self._closing.is_set() and any(h.lost is None for h in self.holdings):
            try:
                if self._connection is None:
                    self._opened(greeted(self.request, 3, time.monotonic(), self._closing))
                    self._renew()
                self._listen()
                self._renew()
            except BrokerError:
                self._dropped()
                # Not all clients of a broker that is back at the same moment.
                self._closing.wait(random.uniform(0.1, 1.0))
        self._dropped()

    def _dropped(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _listen(self) -> None:
        deadline = time.monotonic() + self._renew_every
        while self._said(deadline) is not None:
            pass

    def _renew(self) -> None:
        """Whatever connection the leases were bound to, from now on it is this one."""
        assert self._connection is not None
        for holding in self.holdings:
            if holding.lost is not None:
                continue
            command = f"RENEW lease={holding.lease.id}"
            self._connection.send(command)
            answer = self._said(time.monotonic() + ANSWER_LIMIT)
            if answer is None:
                raise self._connection.silent(command, ANSWER_LIMIT)
            try:
                accepted(answer)
            except WorkerLost as lost:
                holding.lost = f"{lost}: the lease on {holding.lease.address} has ended"

    def _said(self, deadline: float) -> Optional[str]:
        """The next line that is no NOTICE; those are noted on the way."""
        assert self._connection is not None
        while True:
            line = self._connection.read_line(deadline)
            if line is None or not line.startswith("NOTICE "):
                return line
            _, address, news = (line + "  ").split(" ", 2)
            for holding in self.holdings:
                if holding.lease.address == address:
                    holding.notices.append(news.strip())
                    if news.startswith("ended"):
                        holding.ended = True
                        holding.lost = f"the broker says that its worker {address} {news.strip()}"

