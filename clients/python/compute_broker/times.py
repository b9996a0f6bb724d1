"""Lengths of time: seconds as numbers, or text with units as the broker has it (20m, 1h30m)."""
from __future__ import annotations

import re
from typing import Union

Seconds = Union[float, str]

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_TIME = re.compile(r"(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?")


def seconds(time: Seconds) -> float:
    """ValueError where it is none."""
    if not isinstance(time, str):
        return float(time)
    if not time or not _TIME.fullmatch(time):
        raise ValueError(f"{time!r} is no length of time; write it as 90s, 20m or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([a-z]+)", time))
