"""A worker speaks as dserv does."""
import socket
import struct
import threading
import time

import urllib.request

from simulator import Dserv, PATIENCE, SimulatorTest, main, until


class Worker(SimulatorTest):
    def start(self, wait=True, **settings):
        self.sim = self.simulator(settings=settings)
        self.id = self.launched(self.sim.client())
        if wait:
            self.sim.wait_ready(self.id)
        return self.sim.instance(self.id)["address"]

    def connect(self, address, port=2560):
        dserv = Dserv(address, port)
        self.addCleanup(dserv.close)
        return dserv

    def test_it_evaluates_tcl_in_order_on_a_kept_connection(self):
        dserv = self.connect(self.start())
        self.assertEqual(dserv.ask("expr 6*7"), "42")
        self.assertEqual(dserv.ask("set x \u00fc\u4e2d; string length $x"), "2")
        self.assertEqual(dserv.ask("set x"), "\u00fc\u4e2d")
        dserv.send("expr 1")
        dserv.send("expr 2")
        self.assertEqual([dserv.receive(), dserv.receive()], ["1", "2"])
        self.assertEqual(dserv.ask("puts hello; return 5"), "5")

    def test_a_tcl_error_is_an_answer(self):
        dserv = self.connect(self.start())
        self.assertEqual(dserv.ask("error oops"), "!TCL_ERROR oops")
        self.assertTrue(dserv.ask("nonsense").startswith("!TCL_ERROR invalid command name"))
        self.assertEqual(dserv.ask("expr 6*7"), "42")

    def test_an_empty_request_gets_no_answer(self):
        dserv = self.connect(self.start())
        dserv.send("")
        self.assertEqual(dserv.ask("expr 6*7"), "42")

    def test_a_large_answer_comes_whole(self):
        dserv = self.connect(self.start())
        self.assertEqual(len(dserv.ask("string repeat x 3000000")), 3_000_000)
        self.assertEqual(dserv.ask("string length {%s}" % ("y" * 500_000)), "500000")

    def test_a_header_in_two_pieces_is_not_understood(self):
        dserv = self.connect(self.start())
        dserv.socket.sendall(struct.pack(">I", 8)[:2])
        self.assertEqual(dserv.socket.recv(1), b"")

    def test_text_is_read_as_a_huge_length_and_never_answered(self):
        address = self.start()
        dserv = self.connect(address)
        dserv.socket.sendall(b"STATUS\n")
        self.assertEqual(self.connect(address).ask("expr 6*7"), "42")
        dserv.socket.setblocking(False)
        self.assertRaises(BlockingIOError, dserv.socket.recv, 1)

    def test_the_port_is_open_before_it_can_answer_and_early_requests_are_answered_then(self):
        address = self.start(wait=False, service="700ms", early_answers="0s")
        until("the port", lambda: self.sim.instance(self.id)["port_open_us"])
        dserv = self.connect(address)
        dserv.send("expr 6*7")
        self.assertEqual(dserv.receive(), "42")
        instance = until("the first answer",
                         lambda: (i := self.sim.instance(self.id))["first_answer_us"] and i)
        self.assertGreater(instance["ready_us"], instance["port_open_us"])
        self.assertGreaterEqual(instance["first_answer_us"], instance["ready_us"])

    def test_it_answers_for_a_moment_before_it_boots(self):
        address = self.start(wait=False, service="2s", early_answers="1s")
        until("the port", lambda: self.sim.instance(self.id)["port_open_us"])
        dserv = self.connect(address)
        self.assertEqual(dserv.ask("expr 6*7"), "42")
        self.assertIsNone(self.sim.instance(self.id)["ready_us"])
        # Silent from the end of that moment on, until it has booted.
        until("the silence", lambda: time.clock_gettime(time.CLOCK_BOOTTIME) * 1e6 >
              self.sim.instance(self.id)["port_open_us"] + 1_050_000)
        self.assertEqual(dserv.ask("expr 6*7"), "42")
        instance = until("the answer", lambda: (i := self.sim.instance(self.id))["ready_us"] and i)
        self.assertLess(instance["first_answer_us"], instance["ready_us"])
        until("word of the latest answer", lambda: self.sim.instance(self.id)["latest_answer_us"] >=
              instance["ready_us"])

    def test_an_abandoned_question_keeps_its_place_until_it_is_answered(self):
        address = self.start()
        busy = self.connect(address)
        busy.send("after 1500")
        for _ in range(7):
            abandoned = self.connect(address)
            abandoned.send("expr 6*7")
            abandoned.close()
        self.assertFalse(self.served(address))
        busy.receive()
        until("a free place", lambda: self.served(address))

    def test_a_service_that_is_restarted_closes_its_port_and_boots_anew(self):
        address = self.start(restart_pause="2s", service="300ms", early_answers="0s")
        dserv = self.connect(address)
        begun = time.clock_gettime(time.CLOCK_BOOTTIME) * 1e6
        self.sim.control(f"instances/{self.id}/restart", {})
        with self.assertRaises((EOFError, ConnectionError)):
            dserv.ask("expr 6*7")
        self.assertRaises(ConnectionRefusedError, Dserv, address)
        instance = self.sim.wait_ready(self.id)
        self.assertEqual(self.connect(address).ask("expr 6*7"), "42")
        self.assertGreaterEqual(instance["ready_us"] - begun, 2_290_000)

    def test_a_busy_service_answers_when_it_is_done(self):
        address = self.start()
        self.sim.control(f"instances/{self.id}/busy", {"for": "700ms"})
        begun = time.monotonic()
        self.assertEqual(self.connect(address).ask("expr 6*7"), "42")
        self.assertGreater(time.monotonic() - begun, 0.5)

    def test_scripts_run_one_after_the_other(self):
        address = self.start()
        slow = self.connect(address)
        slow.send("after 400; set done 1")
        self.assertEqual(self.connect(address).ask("info exists done"), "1")
        self.assertEqual(slow.receive(), "1")

    def test_the_ninth_connection_of_an_address_is_accepted_and_closed(self):
        address = self.start()
        eight = [self.connect(address) for _ in range(8)]
        self.assertEqual(eight[7].ask("expr 6*7"), "42")
        ninth = self.connect(address)
        self.assertEqual(ninth.socket.recv(1), b"")
        eight[0].close()
        until("a free place", lambda: self.served(address))

    def served(self, address, source=None):
        """Whether a new connection is served rather than closed at once."""
        with socket.create_connection((address, 2560), timeout=PATIENCE,
                                      source_address=source) as connection:
            try:
                connection.sendall(struct.pack(">I", 8) + b"expr 6*7")
                return bool(connection.recv(6))
            except ConnectionError:
                return False

    def test_all_addresses_together_have_128_connections(self):
        address = self.start()
        held = [socket.create_connection((address, 2560), timeout=PATIENCE,
                                         source_address=(f"127.0.1.{1 + n // 8}", 0))
                for n in range(128)]
        for connection in held:
            self.addCleanup(connection.close)
        held[127].sendall(struct.pack(">I", 8) + b"expr 6*7")
        self.assertEqual(held[127].recv(6), struct.pack(">I", 2) + b"42")
        self.assertFalse(self.served(address, ("127.0.1.99", 0)))

    def test_version_and_health_are_answered_while_a_script_runs(self):
        address = self.start()
        busy = self.connect(address)
        busy.send("after 60000")
        version = self.connect(address, 4620)
        for _ in range(2):
            version.socket.sendall(b"%version\n")
            self.assertEqual(version.exactly(6), b"1 3.0\n")
        with urllib.request.urlopen(f"http://{address}:2565/health", timeout=PATIENCE) as answer:
            self.assertEqual(answer.read(), b'{"status":"ok","service":"dserv"}')

    def test_a_script_that_ends_dserv_leaves_a_running_instance_with_a_closed_port(self):
        address = self.start()
        with self.assertRaises((EOFError, ConnectionError)):
            self.connect(address).ask("exit")
        until("the end of the worker", lambda: self.sim.instance(self.id)["worker"] == "gone")
        self.assertRaises(ConnectionRefusedError, Dserv, address)
        self.assertEqual(self.sim.instance(self.id)["state"], "running")

    def test_many_clients_at_once_are_all_answered(self):
        address = self.start()
        answers = []

        def client(n):
            dserv = Dserv(address)
            answers.append(dserv.ask(f"expr {n}*2") == str(n * 2))
            dserv.close()

        threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(answers, [True] * 8)


if __name__ == "__main__":
    main()
