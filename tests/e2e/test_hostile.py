"""Clients that mean no good, on the real listener: the others are served as ever, and what the broker
holds for each of them stays within its bounds."""
import os
import pathlib
import resource
import select
import socket
import struct
import threading
import unittest

from harness import Case, read_all, until

CONNECTIONS = 15_000
# Of the broker itself, kernel sockets not counted. Sanitizers make it several times more.
BYTES_EACH = 16 * 1024
FIXED = 64 * 1024 * 1024
SETTINGS = """
idle_timeout = "1h"
client_memory_mib = 4
"""


def take_all_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def reset(s):
    """Closes with RST instead of FIN."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.descriptors = take_all_descriptors()
        self.sim = self.ec2sim(pending="100ms")
        # Freed memory would be kept back by the sanitizer, and look like ours.
        self.daemon = self.broker(self.sim.url, settings=SETTINGS,
                                  env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        self.address = self.daemon.ask("GET_WORKER")
        self.pid = self.daemon.process.popen.pid
        self.open_before = self.open_descriptors()
        self.memory_before = self.memory()
        self.held = []
        self.addCleanup(self.let_go)

    def let_go(self):
        for s in self.held:
            s.close()
        self.held.clear()

    def tearDown(self):
        """After every scene: the same worker, nothing else launched, every descriptor back."""
        self.let_go()
        self.others_are_served()
        until("the descriptors", lambda: self.open_descriptors() <= self.open_before)
        self.assertEqual(len(self.sim.instances()), 1)

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def memory(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def grown(self):
        return self.memory() - self.memory_before

    def others_are_served(self):
        self.assertEqual(self.daemon.ask("GET_WORKER"), self.address)
        self.assertEqual(self.daemon.ask(f"PING {self.address}"), "OK")
        self.assertRegex(self.daemon.ask("STATUS"), r"1")

    def connect(self, number=0):
        """From one of many addresses: one has 28,000 ports only."""
        s = self.daemon.connect(source=(f"127.1.{number // 250 % 250}.{number % 250 + 1}", 0))
        self.held.append(s)
        return s

    def all_closed(self, sockets):
        """Whether the broker has ended every one of them."""
        for s in sockets:
            s.setblocking(False)
            try:
                while s.recv(65536):
                    pass
            except BlockingIOError:
                return False
            except OSError:
                pass
        return True

    def test_fifteen_thousand_silent_connections(self):
        number = min(CONNECTIONS, self.descriptors - 1000)
        for i in range(number):
            self.connect(i)
            if i % 3000 == 0:
                self.others_are_served()
        until("all of them", lambda: self.open_descriptors() >= self.open_before + number * 0.99
              or self.all_closed(self.held[:1]))
        self.others_are_served()
        self.assertLess(self.grown(), FIXED + number * BYTES_EACH)

    def test_a_letter_at_a_time_and_never_a_newline(self):
        slow = [self.connect(i) for i in range(500)]
        for letter in b"GET_WORKER_THAT_NEVER_COMES":
            for s in slow:
                try:
                    s.send(bytes([letter]))
                except OSError:
                    pass
            self.others_are_served()
        until("their end", lambda: self.all_closed(slow))

    def test_lines_of_ten_megabytes(self):
        for protocol in (b"", b"HELLO 2\n"):
            s = self.connect()
            try:
                s.sendall(protocol + b"x" * 10_000_000 + b"\n")
            except OSError:
                pass
            self.others_are_served()
            until("its end", lambda s=s: self.all_closed([s]))
        self.assertLess(self.grown(), FIXED)

    def test_binary_and_nul(self):
        chunks = [b"\0" * 100, bytes(range(256)), b"\xff\xfe\n" * 50, b"GET_WORKER\0\n",
                  b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + os.urandom(300),
                  b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", struct.pack(">I", 9) + b"expr 6*7\n"]
        for chunk in chunks:
            with self.subTest(chunk=chunk[:20]):
                s = self.connect()
                s.sendall(chunk)
                s.shutdown(socket.SHUT_WR)
                try:
                    answer = read_all(s)
                except ConnectionResetError:
                    answer = b""
                self.assertNotIn(self.address.encode(), answer)
                self.others_are_served()

    def test_thousands_of_lines_on_one_connection(self):
        s = self.connect()
        s.sendall(b"HELLO 2\n")
        lines = 20_000
        writer = threading.Thread(target=lambda: s.sendall(b"GET_WORKER\n" * lines))
        writer.start()
        data = b""
        while data.count(b"\n") < lines + 1:
            chunk = s.recv(1 << 20)
            self.assertTrue(chunk, "it hung up")
            data += chunk
        writer.join()
        self.others_are_served()
        addresses = data.split(b"\n")[1:-1]
        self.assertEqual(len([a for a in addresses if self.address.encode() in a]), lines)

    def test_a_client_that_asks_for_ever_and_never_reads(self):
        greedy = [self.connect(i) for i in range(100)]
        for s in greedy:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.sendall(b"HELLO 2\n")
            s.setblocking(False)
        stuck = 0
        while stuck < 3:  # until no one takes any more
            self.others_are_served()
            taken = 0
            _, ready, _ = select.select([], greedy, [], 0.2)
            for s in ready:
                try:
                    taken += s.send(b"STATUS\n" * 5000)
                except OSError:
                    pass
            stuck = 0 if taken else stuck + 1
        self.assertIn("client_memory_mib 4", self.daemon.log())
        self.assertLess(self.grown(), FIXED)

    def test_resets_at_every_point(self):
        talk = f"HELLO 2\nGET_WORKER\nPING {self.address}\nSTATUS\nLIST\n".encode()
        for cut in range(len(talk) + 1):
            s = self.connect()
            s.sendall(talk[:cut])
            if cut % 3 == 0 and b"\n" in talk[:cut]:
                s.recv(1)  # while the answers are being written
            reset(s)
            self.held.clear()
        self.others_are_served()

    def test_resets_while_a_launch_is_waited_for(self):
        self.daemon.ask(f"RELEASE {self.address}")
        until("the end", lambda: not self.sim.alive())
        self.sim.control("clear", {})
        self.sim.control("settings", {"pending": "1s"})
        for i in range(200):
            s = self.connect(i)
            s.sendall(b"GET_WORKER\n")
            if i % 2:
                reset(s)
            else:
                s.close()
        self.held.clear()
        self.address = self.daemon.ask("GET_WORKER")
        self.assertNotRegex(self.address, "ERROR")

    def test_a_half_closed_connection_gets_its_answer(self):
        for line in (b"GET_WORKER\n", b"GET_WORKER"):
            s = self.connect()
            s.sendall(line)
            s.shutdown(socket.SHUT_WR)
            self.assertEqual(read_all(s).decode().strip(), self.address)

    def test_ten_thousand_that_come_and_go(self):
        for i in range(10_000):
            s = self.connect(i)
            self.held.clear()
            s.close() if i % 2 else reset(s)
            if i % 2000 == 0:
                self.others_are_served()
        self.assertLess(self.grown(), FIXED)


if __name__ == "__main__":
    unittest.main()
