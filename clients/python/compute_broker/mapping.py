"""Shares scripts out among workers: each has one at a time; what a lost one had goes to another."""
from __future__ import annotations

import collections
import threading
from typing import Callable, Deque, Dict, List, Optional

from .errors import WorkerLost

# Does a script and returns its result. WorkerLost: it can do none any more. Returns soon after the
# event is set, in whatever way.
Evaluate = Callable[[str, threading.Event], str]

_LOOK = 0.25  # seconds; so often it is asked whether the caller has called it off


def shared_out(scripts: List[str], workers: List[Evaluate],
               stop: Optional[threading.Event]) -> List[str]:
    """The results in the order of the scripts; the first error ends it."""
    work = _Work(scripts)
    threads = [threading.Thread(target=work.do, args=[evaluate], daemon=True)
               for evaluate in workers[:len(scripts)]]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(_LOOK)
                if stop is not None and stop.is_set():
                    work.ended.set()
    finally:
        work.ended.set()  # of use when we go by a person's Ctrl-C
    return work.outcome()


class _Work:
    def __init__(self, scripts: List[str]) -> None:
        self.ended = threading.Event()
        self._scripts = scripts
        self._changed = threading.Condition()
        self._todo: Deque[int] = collections.deque(range(len(scripts)))
        self._under_way = 0
        self._results: Dict[int, str] = {}
        self._error: Optional[BaseException] = None

    def do(self, evaluate: Evaluate) -> None:
        index = self._next()
        while index is not None:
            try:
                result = evaluate(self._scripts[index], self.ended)
            except BaseException as error:
                self._failed(index, error)
                return
            with self._changed:
                self._results[index] = result
                self._done()
            index = self._next()

    def _next(self) -> Optional[int]:
        """Who finds nothing to do waits: what another worker has now may become his."""
        with self._changed:
            self._changed.wait_for(lambda: self._todo or self._under_way == 0)
            if not self._todo or self.ended.is_set():
                return None
            self._under_way += 1
            return self._todo.popleft()

    def _failed(self, index: int, error: BaseException) -> None:
        with self._changed:
            if isinstance(error, WorkerLost):
                self._error = self._error or error
                self._todo.appendleft(index)
            else:
                lost_so_far = isinstance(self._error, WorkerLost)
                self._error = error if lost_so_far or self._error is None else self._error
                self.ended.set()
            self._done()

    def _done(self) -> None:
        self._under_way -= 1
        self._changed.notify_all()

    def outcome(self) -> List[str]:
        if len(self._results) == len(self._scripts):
            return [self._results[index] for index in range(len(self._scripts))]
        raise self._error or WorkerLost("there is no worker to do the scripts")
