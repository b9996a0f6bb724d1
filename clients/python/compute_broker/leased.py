"""`with worker() as w` and `with workers(count=N) as all`."""
from __future__ import annotations

import threading
from types import TracebackType
from typing import (Any, Callable, Iterable, List, Optional, Sequence, Type, TypeVar,
                    Union, overload)

from . import dserv
from .errors import Stopped, WorkerLost
from .keeper import Holding, Keeper
from .mapping import Evaluate, shared_out
from .request import Request
from .times import Seconds, seconds

Item = TypeVar("Item")
One = TypeVar("One")
Script = Union[str, Callable[[Item], str]]

EVAL_LIMIT = 3600.0  # seconds, unless timeout= says otherwise


class Worker:
    """A worker that is leased to us. Any thread may use it."""

    def __init__(self, holding: Holding, port: int) -> None:
        self._holding = holding
        self.address = holding.lease.address
        self.lease = holding.lease.id
        self.port = port

    def __repr__(self) -> str:
        return f"Worker({self.address}, lease={self.lease})"

    @property
    def notices(self) -> Sequence[str]:
        """What the broker has said of it, such as "ended idle 900 s (limit 900 s)"."""
        return tuple(self._holding.notices)

    @property
    def interrupted(self) -> Optional[str]:
        """Why it ends or has ended; None while nothing is known of that."""
        return self._holding.interrupted

    def eval(self, script: str, timeout: Seconds = EVAL_LIMIT,
             stop: Optional[threading.Event] = None) -> str:
        """The result of a Tcl script. EvalError: it failed. WorkerLost: there is no worker any
        more; the script may have run. TimedOut: it may still run. `stop`, once set, ends the wait.
        """
        if self._holding.lost is not None:
            raise WorkerLost(self._holding.lost)

        def check() -> None:  # the loss of the lease alone costs no script that has begun
            if self._holding.ended:
                raise WorkerLost(str(self._holding.lost))
            if stop is not None and stop.is_set():
                raise Stopped(f"the wait for a script on the worker {self.address} was called off")

        try:
            return dserv.evaluate(self.address, self.port, script, seconds(timeout), check)
        except WorkerLost:
            self._holding.dead = True
            raise

    def map(self, script: Script[Item], items: Iterable[Item], timeout: Seconds = EVAL_LIMIT,
            stop: Optional[threading.Event] = None) -> List[str]:
        """As Workers.map, on this one."""
        return Workers([self]).map(script, items, timeout, stop)


class Several(Sequence[One]):
    """What is a list to look at, and more."""

    def __init__(self, all_of_them: Iterable[One]) -> None:
        self._all = list(all_of_them)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> One: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[One]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[One, Sequence[One]]:
        return self._all[index]


class Workers(Several[Worker]):
    def map(self, script: Script[Item], items: Iterable[Item], timeout: Seconds = EVAL_LIMIT,
            stop: Optional[threading.Event] = None) -> List[str]:
        """The results of `script` for each item, in their order. Each worker has one at a time.

        In the script `$item` is the item (a number, text, or a list of such); where `script` is a
        function it makes the script of an item. `timeout` is for each. What was on a worker that is
        lost is done again on another: let a script bear being run twice. The first script that
        fails ends the map with its error; WorkerLost comes when no worker is left.
        """
        make = script if callable(script) else _with_item(script)
        limit = seconds(timeout)

        def evaluator(one: Worker) -> Evaluate:
            return lambda script, failed: one.eval(script, limit, failed)

        return shared_out([make(item) for item in items], [evaluator(one) for one in self._all],
                          stop)


def _with_item(script: str) -> Callable[[Any], str]:
    body = dserv.tcl_word(["item", script])
    return lambda item: f"apply {body} {dserv.tcl_word(item)}"


class _Block(Request):
    """What `with` does for both."""

    _keeper: Keeper

    def _enter(self) -> Workers:
        self._keeper = Keeper(self)
        return held(self._keeper)

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self._keeper.give_back()


class worker(_Block):
    """A block with a worker, which is leased to us until its end; takes the options of Request."""

    def __enter__(self) -> Worker:
        only_one(self)
        return self._enter()[0]


class workers(_Block):
    """A block with `count` workers, all or none; in a packed pool several may be on one machine."""

    def __enter__(self) -> Workers:
        return self._enter()


def held(keeper: Keeper) -> Workers:
    """Waits for the workers that are requested."""
    try:
        keeper.take()
        return Workers([Worker(each, keeper.request.worker_port) for each in keeper.holdings])
    except BaseException:
        keeper.give_back()
        raise


def only_one(request: Request) -> None:
    if request.count != 1:
        raise ValueError("worker() gives one; use workers(count=N)")
