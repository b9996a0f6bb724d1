"""What a person sees on a terminal while he waits; nothing anywhere else."""
from __future__ import annotations

import os
import time
from typing import Any, TextIO


class PhaseLine:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._visible = out.isatty()
        self._begun = time.monotonic()

    def show(self, phase: str) -> None:
        if not self._visible:
            return
        line = f"[{time.monotonic() - self._begun:.0f}s] {phase}"
        columns = os.get_terminal_size(self._out.fileno()).columns or 80  # 0: it does not know
        self._out.write(f"\r{line[:columns - 1]}\033[K")  # some wrap from the last column
        self._out.flush()

    def __enter__(self) -> PhaseLine:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._visible:
            self._out.write("\r\033[K")
            self._out.flush()
