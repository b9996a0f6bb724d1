"""What nobody can hold for ever: the broker's time, its log, its connections."""
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest

from harness import BINARY, Broker, Case, Process, until

F_SETPIPE_SZ = 1031


class Pauses(Case):
    def test_after_a_pause_a_ping_behind_hundreds_of_connections_is_heard_before_any_idle_end(self):
        sim = self.ec2sim()
        # Without the grace after a pause: what waits in the sockets has to be read by itself.
        broker = self.broker(sim.url, settings='idle_timeout = "4s"\nrestart_grace = "0s"\n'
                                               'pause_limit = "10m"')
        kept = [broker.connect() for _ in range(300)]
        for s in kept:
            s.sendall(b"HELLO 2\n")
            self.assertIn(b"protocol 2", s.recv(200))
        ip = broker.ask("GET_WORKER")
        broker.process.popen.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            fresh = [broker.connect() for _ in range(200)]
            for s in [*kept, *fresh[:-1]]:
                s.sendall(b"STATUS\n")
            fresh[-1].sendall(f"PING {ip}\n".encode())
            until("the end of its idle time", lambda: time.monotonic() > stopped + 5)
        finally:
            broker.process.popen.send_signal(signal.SIGCONT)
        self.assertEqual(fresh[-1].recv(100), b"OK\n")
        self.assertEqual(len(sim.alive()), 1)
        until("its end, once nobody pings it", lambda: not sim.alive())
        for s in [*kept, *fresh]:
            s.close()

    def test_after_a_pause_it_says_so_and_its_clients_have_time_to_be_heard(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings='idle_timeout = "2s"\nrestart_grace = "20s"\n'
                                               'pause_limit = "1s"')
        ip = broker.ask("GET_WORKER")
        broker.process.popen.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        until("the end of its idle time", lambda: time.monotonic() > stopped + 6)
        broker.process.popen.send_signal(signal.SIGCONT)
        until("word of it", lambda: "this process stood still" in broker.log())
        self.assertEqual(broker.ask(f"PING {ip}"), "OK")


class Log(Case):
    def test_a_log_that_nobody_reads_holds_up_no_client(self):
        sim = self.ec2sim()
        broker = Broker(self.home, sim.url, settings='log_buffer_kib = 1\nmax_workers = 0')
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        fcntl.fcntl(write_end, F_SETPIPE_SZ, 4096)
        os.write(write_end, b"\n" * 4096)  # it is full from the first line on
        port_file = self.home / "port"
        popen = subprocess.Popen([BINARY, "serve", "--config", str(broker.config), "--port-file",
                                  str(port_file)], env=broker.env, stdin=subprocess.DEVNULL,
                                 stderr=write_end)
        os.close(write_end)
        self.addCleanup(popen.wait)
        self.addCleanup(popen.kill)
        until("the port", lambda: port_file.exists() and port_file.read_text())
        broker.port = int(port_file.read_text())
        for _ in range(20):
            popen.send_signal(signal.SIGHUP)
            self.assertRegex(broker.ask("GET_WORKER"), "^ERROR: .*max_workers")
        said = b""

        def lost():
            nonlocal said
            broker.ask("STATUS")  # whatever it does, it catches up
            while select.select([read_end], [], [], 0)[0]:
                said += os.read(read_end, 65536)
            return b"lines of this log are lost" in said
        until("the number of lines lost", lost)
        self.assertIn(b"broker.start", said, "what waited is not lost")

    def test_callers_who_ask_again_at_once_are_one_line_of_the_log(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings="max_workers = 0")
        for _ in range(300):
            self.assertRegex(broker.ask("GET_WORKER"), "^ERROR: ")
        self.assertLess(broker.log().count("refused: "), 10, broker.log())


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("ip") and shutil.which("ss"),
                     "needs root, ip and ss for two network namespaces")
class Vanished(Case):
    CALLER = ("import socket, sys; s = socket.create_connection(('192.0.2.1', int(sys.argv[1])));"
              " s.sendall(b'GET_WORKER\\n'); print('asked', flush=True); sys.stdin.read()")

    def ip(self, *args):
        subprocess.run(["ip", *args], check=True, capture_output=True, timeout=60)

    def namespaces(self):
        here, there = (f"cb-{os.getpid()}-{side}" for side in "ab")
        for name in (here, there):
            try:
                self.ip("netns", "add", name)
            except subprocess.CalledProcessError as problem:
                self.skipTest(f"no network namespace can be made: {problem.stderr}")
            self.addCleanup(self.ip, "netns", "del", name)
            self.ip("-n", name, "link", "set", "lo", "up")
        self.ip("-n", here, "link", "add", "side-a", "type", "veth", "peer", "name", "side-b",
                "netns", there)
        for name, link, address in ((here, "side-a", "192.0.2.1/30"),
                                    (there, "side-b", "192.0.2.2/30")):
            self.ip("-n", name, "addr", "add", address, "dev", link)
            self.ip("-n", name, "link", "set", link, "up")
        return here, there

    def test_a_caller_whose_network_dies_without_a_word_is_given_up(self):
        here, there = self.namespaces()
        broker = Broker(self.home, "http://127.0.0.1:9", settings='allow_anyone = true\n'
                        'client_gone_after = "9s"\ncloud_unreachable_patience = "1h"')
        broker.config.write_text(broker.config.read_text().replace("127.0.0.1:0", "0.0.0.0:7001"))
        port_file = self.home / "port"
        self.processes.append(Process(
            ["ip", "netns", "exec", here, BINARY, "serve", "--config", str(broker.config),
             "--port-file", str(port_file)], broker.env, self.home / "broker.log"))
        until("the port", lambda: port_file.exists() and port_file.read_text())
        caller = subprocess.Popen(["ip", "netns", "exec", there, sys.executable, "-c", self.CALLER,
                                   "7001"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(caller.wait)
        self.addCleanup(caller.kill)
        self.assertEqual(caller.stdout.readline(), b"asked\n")

        def held():
            return subprocess.run(["ip", "netns", "exec", here, "ss", "-Htn", "sport", "=", ":7001"],
                                  capture_output=True, text=True, timeout=60).stdout
        self.assertIn("ESTAB", held())
        self.ip("-n", there, "link", "set", "side-b", "down")
        until("its connection to be given up", lambda: "ESTAB" not in held())


if __name__ == "__main__":
    unittest.main()
