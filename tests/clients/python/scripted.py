"""What the tests of the Python client share: the client itself, a broker and a worker that play
scripts, and a wait that polls."""
import os
import pathlib
import socket
import struct
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CLIENT = ROOT / "clients" / "python"
sys.path[:0] = [str(CLIENT), str(ROOT / "tests")]
from kit.waiting import PATIENCE, until  # noqa: E402, F401  pylint: disable=unused-import

LEASE = "k3x2q2mwa7bdf"
HELLO = ("HELLO 3", "OK compute-broker 1 protocol 3")
OK = ("", "OK")


class Door:
    """Listens on a free port and gives each connection to `serve` in a thread of its own."""

    def __init__(self, serve):
        self.serve = serve
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.sockets.append(client)
            threading.Thread(target=self._speak, args=[client], daemon=True).start()

    def _speak(self, client):
        try:
            with client:
                self.serve(client)
        except OSError:
            pass  # the client, or the test, has closed it

    def hang_up(self):
        """Every connection that there is."""
        for client in self.sockets:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets.clear()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        except OSError:
            pass  # it is closed already
        self.listener.close()
        self.hang_up()


class Broker(Door):
    """Answers each line by the first of `rules` whose beginning fits, and remembers the lines. An
    answer of None is silence, one that is callable is called with the line and the connection."""

    def __init__(self, *rules):
        self.rules = list(rules)
        self.lines = []
        super().__init__(self._lines)

    def _lines(self, client):
        with client.makefile("r", encoding="utf-8", newline="\n") as stream:
            for line in stream:
                line = line.rstrip("\n")
                self.lines.append(line)
                answer = next((a for b, a in [*self.rules, HELLO, OK] if line.startswith(b)))
                answer = answer(line, client) if callable(answer) else answer
                if answer is not None:
                    client.sendall(answer.encode() + b"\n")

    def said(self, beginning):
        return [line for line in self.lines if line.startswith(beginning)]


class Dserv(Door):
    """A worker that answers each script by `answer(script)`; None is silence, b"" hangs up."""

    def __init__(self, answer):
        self.answer = answer
        self.scripts = []
        super().__init__(self._frames)

    def _frames(self, client):
        with client.makefile("rb") as stream:
            while header := stream.read(4):
                script = stream.read(struct.unpack(">I", header)[0]).decode()
                self.scripts.append(script)
                answer = self.answer(script)
                if answer == b"":
                    return
                if answer is not None:
                    body = answer.encode() if isinstance(answer, str) else answer
                    client.sendall(struct.pack(">I", len(body)) + body)


class Case(unittest.TestCase):
    def setUp(self):
        for name in ("COMPUTE_BROKER", "XDG_CONFIG_HOME"):
            former = os.environ.pop(name, None)
            if former is not None:
                self.addCleanup(os.environ.__setitem__, name, former)

    def broker(self, *rules):
        return self.opened(Broker(*rules))

    def dserv(self, answer):
        return self.opened(Dserv(answer))

    def opened(self, door):
        self.addCleanup(door.close)
        return door

    def giving(self, *extra, address="127.0.0.1", count=1):
        """A broker that has so many workers at once."""
        pairs = [f"{address} lease={LEASE[:-1]}{'bcdefghij'[n]}" for n in range(count)]
        return self.broker(*extra, ("GET_WORKER", " ".join(pairs)))
