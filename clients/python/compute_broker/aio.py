"""The same for asyncio: `async with compute_broker.aio.worker() as w: await w.eval("expr 6*7")`.

Every call that waits does so in a thread of its own, and a task that is cancelled calls it off.
"""
from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import threading
from types import TracebackType
from typing import Callable, Iterable, List, Optional, Sequence, Type, TypeVar

from . import leased as blocking
from .keeper import Keeper
from .request import Request
from .times import Seconds
from .leased import EVAL_LIMIT, Item, Script

Result = TypeVar("Result")


async def _apart(call: Callable[[], Result], call_off: Callable[[], None]) -> Result:
    job: concurrent.futures.Future[Result] = concurrent.futures.Future()

    def run() -> None:
        try:
            job.set_result(call())
        except BaseException as error:
            job.set_exception(error)

    job.set_running_or_notify_cancel()
    threading.Thread(target=run, daemon=True).start()
    waiting = asyncio.wrap_future(job)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        call_off()
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise


class Worker:
    """As compute_broker.Worker, with calls to await."""

    def __init__(self, worker: blocking.Worker) -> None:
        self._worker = worker
        self.address = worker.address
        self.lease = worker.lease
        self.port = worker.port

    def __repr__(self) -> str:
        return repr(self._worker)

    @property
    def notices(self) -> Sequence[str]:
        return self._worker.notices

    @property
    def interrupted(self) -> Optional[str]:
        return self._worker.interrupted

    async def eval(self, script: str, timeout: Seconds = EVAL_LIMIT) -> str:
        stop = threading.Event()
        return await _apart(lambda: self._worker.eval(script, timeout, stop), stop.set)

    async def map(self, script: Script[Item], items: Iterable[Item],
                  timeout: Seconds = EVAL_LIMIT) -> List[str]:
        stop = threading.Event()
        return await _apart(lambda: self._worker.map(script, items, timeout, stop), stop.set)


class Workers(blocking.Several[Worker]):
    """As compute_broker.Workers."""

    def __init__(self, all_of_them: blocking.Workers) -> None:
        super().__init__(Worker(one) for one in all_of_them)
        self._blocking = all_of_them

    async def map(self, script: Script[Item], items: Iterable[Item],
                  timeout: Seconds = EVAL_LIMIT) -> List[str]:
        stop = threading.Event()
        return await _apart(lambda: self._blocking.map(script, items, timeout, stop), stop.set)


class _Block(Request):
    _keeper: Keeper

    async def _enter(self) -> Workers:
        loop = asyncio.get_running_loop()
        request = copy.copy(self)

        def progress(phase: str) -> None:
            loop.call_soon_threadsafe(self.progress, phase)

        request.progress = progress
        self._keeper = Keeper(request)
        return Workers(await _apart(lambda: blocking.held(self._keeper), self._keeper.cancel))

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await _apart(self._keeper.give_back, lambda: None)


class worker(_Block):
    """As compute_broker.worker; `progress` is called in the event loop."""

    async def __aenter__(self) -> Worker:
        blocking.only_one(self)
        return (await self._enter())[0]


class workers(_Block):
    """As compute_broker.workers."""

    async def __aenter__(self) -> Workers:
        return await self._enter()
