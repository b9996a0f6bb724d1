"""Where the broker is."""
from __future__ import annotations

import os
import pathlib
from typing import Iterator, NamedTuple, Optional

DEFAULT_PORT = 9000
_HOW = "write HOST:PORT, such as lab-server:9000"


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def find_broker(given: Optional[str] = None) -> Address:
    """What is given, else COMPUTE_BROKER, else what a client.conf says, else this machine.

    ValueError where one of them is no address.
    """
    if given is not None:
        return parse(given)
    if os.environ.get("COMPUTE_BROKER"):
        return parse(os.environ["COMPUTE_BROKER"], "COMPUTE_BROKER: ")
    for path in configuration_files():
        found = _broker_of(path)
        if found is not None:
            return found
    return Address("127.0.0.1", DEFAULT_PORT)


def configuration_files() -> Iterator[pathlib.Path]:
    """One's own first, then the machine's."""
    own = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    yield pathlib.Path(own, "compute-broker", "client.conf")
    yield pathlib.Path("/etc/compute-broker/client.conf")


def parse(text: str, where: str = "") -> Address:
    """"host:port", "host" (port 9000), "[::1]:9000"."""
    host, port = text, str(DEFAULT_PORT)
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        good = closed and (not rest or rest.startswith(":"))
        port = rest[1:] if rest else port
    else:
        good = text.count(":") <= 1
        if ":" in text:
            host, _, port = text.partition(":")
    if not good or not host or any(c.isspace() for c in host) or not _is_port(port):
        raise ValueError(f"{where}{text} is no address of a broker; {_HOW}")
    return Address(host, int(port))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= 65535


def _broker_of(path: pathlib.Path) -> Optional[Address]:
    """Lines of `key = value`; what is empty or begins with # says nothing."""
    if not os.path.exists(path):  # nor is it where one may not even look
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}); mend or remove it") from None
    found = None
    for number, line in enumerate(lines, 1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not key or key.startswith("#"):
            continue
        if key != "broker" or not equals:
            raise ValueError(f"{path}:{number}: {line.strip()!r} is not `broker = HOST:PORT`, "
                             "which is all that this file has")
        found = parse(value, f"{path}:{number}: ")
    return found
