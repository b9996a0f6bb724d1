#!/usr/bin/env python3
"""The conversations of tests/conformance, in which the client is the Python client: for each line
that its side says it finds the answer, past progress and notices, or raises the right error."""
import ast
import re
import time
import unittest

from scripted import ROOT, Door
from compute_broker import address, connection, errors, keeper, request

TRANSCRIPTS = ROOT / "tests" / "conformance" / "transcripts"
SAID = re.compile(r'(client sends|server says) ("(?:[^"\\]|\\.)*")$')


def scenes(name):
    """(claim, [(who, bytes)]) of each scene in which the client says HELLO and lines of text."""
    for text in (TRANSCRIPTS / name).read_text().split("\n== ")[1:]:
        claim, _, body = text.partition("\n")
        steps = [SAID.match(line) for line in body.splitlines()
                 if line.startswith(("client ", "server says"))]
        said = [(step[1], ast.literal_eval("b" + step[2])) for step in steps if step]
        lines = b"".join(data for who, data in said if who == "client sends")
        text = lines.startswith(b"HELLO") and lines.endswith(b"\n") and b"\xff" not in lines
        if text and len(said) == len(steps):
            yield claim, said


def text_of(whose, said):
    return b"".join(data for who, data in said if who == whose).decode()


class Play(Door):
    """The server's side of a scene."""

    def __init__(self, said):
        self.said = said
        self.wrong = []
        super().__init__(self._play)

    def _play(self, client):
        heard = b""
        for who, data in self.said:
            if who == "server says":
                client.sendall(data)
                continue
            while len(heard) < len(data):
                chunk = client.recv(4096)
                if not chunk:
                    self.wrong.append(f"{data!r} was never said")
                    return
                heard += chunk
            if not heard.startswith(data):
                self.wrong.append(f"{heard!r} was said, and not {data!r}")
            heard = heard[len(data):]


def conversation(door, lines):
    """What the client makes of each line: its answer, or its error."""
    one = keeper.Keeper(request.Request(broker=door.address))
    wire = connection.Connection(address.parse(door.address))
    one._connection = wire
    for line in lines:
        wire.send(line)
    try:
        for line in lines:
            try:
                deadline = time.monotonic() + 60
                if line.startswith("GET_WORKER"):
                    yield request.answer(one.request, wire, line, deadline)
                else:
                    yield connection.accepted(one._said(deadline))
            except errors.Unavailable:
                return  # the scene has closed it
            except errors.BrokerError as error:
                yield error
    finally:
        wire.close()


class Transcripts(unittest.TestCase):
    def play(self, name):
        played = 0
        for claim, said in scenes(name):
            with self.subTest(claim):
                played += 1
                lines = text_of("client sends", said).split("\n")[:-1]
                answers = [line for line in text_of("server says", said).splitlines()
                           if not line.startswith(("# ", "NOTICE"))]
                door = Play(said)
                self.addCleanup(door.close)
                found = list(conversation(door, lines))
                self.assertEqual(door.wrong, [])
                self.assertEqual([self.as_said(one) for one in found], answers)
        return played

    def as_said(self, found):
        """The line that `found` was made of."""
        if isinstance(found, errors.BrokerError):
            self.assertIsNot(type(found), errors.BrokerError, f"of no kind: {found}")
            return f"ERROR: {found}"
        if isinstance(found, list):
            return " ".join(f"{lease.address} lease={lease.id}" if lease.id else lease.address
                            for lease in found)
        return found

    def test_each_conversation_of_protocol_3_is_understood(self):
        self.assertGreater(self.play("protocol3.txt"), 10)

    def test_each_conversation_of_protocol_2_is_understood(self):
        self.assertGreater(self.play("protocol2.txt"), 10)


if __name__ == "__main__":
    unittest.main()
