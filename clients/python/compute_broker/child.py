"""Runs a command and ends as it does."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any, Dict, List

CANNOT_EXECUTE = 126
NOT_FOUND = 127
PASSED_ON = [getattr(signal, name) for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1",
                                                "SIGUSR2") if hasattr(signal, name)]
FROM_THE_KEYBOARD = {signal.SIGINT, getattr(signal, "SIGQUIT", signal.SIGINT)}


def run_child(command: List[str], variables: Dict[str, str]) -> int:
    """Its exit code, or 128 + the signal that ended it. Signals go on to it; those of a terminal's
    keys reach it by themselves."""
    early: List[int] = []
    child: List[subprocess.Popen[bytes]] = []

    def pass_on(number: int, frame: Any) -> None:
        if number in FROM_THE_KEYBOARD and sys.stdin is not None and sys.stdin.isatty():
            return
        if child:
            child[0].send_signal(number)
        else:
            early.append(number)

    former = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        child.append(subprocess.Popen(command, env={**os.environ, **variables}))
        for number in early:
            child[0].send_signal(number)
        code = child[0].wait()
    except FileNotFoundError:
        return _cannot(command, "there is no such program", NOT_FOUND)
    except OSError as error:
        return _cannot(command, error.strerror or str(error), CANNOT_EXECUTE)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _cannot(command: List[str], why: str, code: int) -> int:
    print(f"compute_broker: cannot run {command[0]}: {why}; give a program that exists and may be "
          "executed", file=sys.stderr)
    return code
