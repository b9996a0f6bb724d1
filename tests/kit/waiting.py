"""Waiting without sleeping through it, and ports that nobody else takes; for all tests in Python."""
import os
import random
import socket
import time

PATIENCE = float(os.environ.get("E2E_PATIENCE", "60"))


def until(what, check, patience=PATIENCE):
    """Polls `check` until it returns something true, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain for {what}")
        time.sleep(0.01)


def free_port():
    """Below the ports that the kernel gives to connections: one that polls for a server on such a
    port can get it as its own, and then talks to itself."""
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.randrange(20000, 30000)))
            except OSError:
                continue
            return s.getsockname()[1]
