"""Leases: claims of clients on workers, on connections that stay, break and come back."""
import contextlib
import json
import subprocess
import time
import unittest

from harness import BINARY, Case, clean_environment, remote_eval, until

SETTINGS = """
idle_timeout = "2s"
lease_grace = "3s"
restart_grace = "1s"
"""


class Connection:
    """A client of protocol 3."""

    def __init__(self, served, hello="HELLO 3 client=rig-3"):
        self.socket = served.connect()
        self.lines = self.socket.makefile("rw", encoding="utf-8", newline="\n")
        self.greeting = self.ask(hello)

    def ask(self, command):
        self.lines.write(command + "\n")
        self.lines.flush()
        return self.answer()

    def answer(self):
        while True:
            line = self.lines.readline().rstrip("\n")
            if not line.startswith("# "):
                return line

    def lease(self, options=""):
        ip, lease = self.ask(("GET_WORKER " + options).strip()).split(" lease=")
        return ip, lease

    def close(self):
        with contextlib.suppress(OSError):  # the broker may be gone
            self.lines.close()
        self.socket.close()


class Leases(Case):
    def setUp(self):
        super().setUp()
        self.sim = self.ec2sim()
        self.served = self.broker(self.sim.url, settings=SETTINGS)

    def connect(self, *hello):
        connection = Connection(self.served, *hello)
        self.addCleanup(connection.close)
        return connection

    def leases(self):
        return [lease for worker in json.loads(self.served.ask("STATUS")) for lease in worker["leases"]]

    def stays(self, seconds):
        """The machine goes on, for longer than its idle time and the grace of leases."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.assertEqual(len(self.sim.alive()), 1)
            time.sleep(0.1)

    def test_a_leased_worker_outlives_its_idle_time_and_the_release_of_others(self):
        rig = self.connect()
        self.assertRegex(rig.greeting, r"OK compute-broker \S+ protocol 3")
        ip, lease = rig.lease()
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(self.served.ask(f"RELEASE {ip}"), "OK")
        self.stays(4)
        row = json.loads(self.served.ask("STATUS"))[0]
        self.assertIsNone(row["will_terminate_in"])
        self.assertEqual([(one["lease"], one["client"], one["connected"]) for one in row["leases"]],
                         [(lease, "rig-3", True)])
        self.assertEqual(rig.ask(f"RELEASE {ip} lease={lease}"), "OK")
        until("its end", lambda: not self.sim.alive())

    def test_a_lease_survives_kill_9_of_the_broker_and_is_resumed(self):
        ip, lease = self.connect().lease()
        self.served.kill()
        self.served.start()
        rig = self.connect(f"HELLO 3 client=rig-3 lease={lease}")
        self.assertRegex(rig.greeting, r"OK compute-broker \S+ protocol 3")
        self.assertEqual(rig.ask(f"PING {ip} lease={lease}"), "OK")
        self.stays(6)
        self.assertEqual([one["lease"] for one in self.leases()], [lease])

    def test_a_client_that_is_gone_holds_nothing_for_longer_than_the_grace(self):
        rig = self.connect()
        ip, lease = rig.lease()
        rig.close()
        until("the connection is known to be lost",
              lambda: [one["connected"] for one in self.leases()] == [False])
        until("its end", lambda: not self.sim.alive(), patience=30)
        late = self.connect()
        self.assertEqual(late.ask(f"PING {ip} lease={lease}"), "ERROR: Worker not found")
        self.assertEqual(late.ask(f"RENEW lease={lease}"), "ERROR: Lease not found")

    def test_its_holder_is_told_when_its_worker_ends(self):
        rig = self.connect()
        ip, _ = rig.lease()
        self.served.ask("TERMINATE_ALL")
        self.assertEqual(rig.lines.readline(),
                         f"NOTICE {ip} ended ended by TERMINATE_ALL of a client at 127.0.0.1\n")

    def test_a_lease_that_is_held_needs_no_connection(self):
        rig = self.connect()
        ip, lease = rig.lease("hold=8s")
        rig.close()
        self.stays(6)
        self.assertEqual([one["lease"] for one in self.leases()], [lease])
        self.assertEqual(self.served.ask(f"RELEASE {ip} lease={lease}"), "OK")
        until("its end", lambda: not self.sim.alive())

    def test_the_end_of_a_lease_leaves_a_machine_that_a_protocol_1_rig_pings(self):
        rig = self.connect()
        ip, lease = rig.lease()
        self.assertEqual(self.served.ask(f"PING {ip}"), "OK")
        self.assertEqual(rig.ask(f"RELEASE {ip} lease={lease}"), "OK")
        self.assertEqual(self.served.ask(f"PING {ip}"), "OK")
        self.assertEqual(len(self.sim.alive()), 1)

    def test_nobody_elses_release_ends_the_worker_of_a_command_that_runs(self):
        stop = self.home / "stop"
        address = f"127.0.0.1:{self.served.port}"
        running = subprocess.Popen(
            [BINARY, "run", "--broker", address, "--ping-interval", "200ms", "--",
             "sh", "-c", f"echo $WORKER_IP; while [ ! -e {stop} ]; do sleep 0.05; done"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
        self.addCleanup(running.kill)
        ip = running.stdout.readline().strip()
        refused = self.served.cli("release", ip)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("goes on, because 1 client holds a lease on it", refused.stderr)
        # Across a restart of the broker too.
        self.served.kill()
        self.served.flags += ["--listen", address]
        self.served.start()
        until("the lease is resumed", lambda: any(one["connected"] for one in self.leases()))
        self.stays(4)
        stop.touch()
        running.communicate(timeout=60)
        self.assertEqual(running.returncode, 0)
        until("its end", lambda: not self.sim.alive(), patience=30)

    def test_a_worker_is_held_from_the_command_line_and_given_back(self):
        got = json.loads(self.served.cli("get", "--hold", "1m", "--json").stdout)
        self.stays(4)
        back = self.served.cli("release", got["ip"], "--lease", got["lease"])
        self.assertIn("is given back", back.stdout)
        until("its end", lambda: not self.sim.alive())



class Exclusive(Case):
    def setUp(self):
        super().setUp()
        self.sim = self.ec2sim()
        self.served = self.broker(self.sim.url, settings="max_workers = 2",
                                  pool='sharing = "exclusive"')

    def connect(self):
        connection = Connection(self.served)
        self.addCleanup(connection.close)
        return connection

    def test_each_has_a_worker_of_its_own_and_who_comes_later_waits_for_one(self):
        clients = [self.connect() for _ in range(3)]
        for client in clients[:2]:
            client.lines.write("GET_WORKER\n")
            client.lines.flush()
        leases = [client.answer().split(" lease=") for client in clients[:2]]
        self.assertEqual(len({ip for ip, _ in leases}), 2)
        for ip, _ in leases:
            self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        late = clients[2].ask("GET_WORKER wait=1")
        self.assertIn("max_workers = 2 is reached, and all 2 workers of pool default are in use", late)
        clients[2].lines.write("GET_WORKER\n")
        clients[2].lines.flush()
        # Given back while it is in use without a lease, so that it goes on.
        ip, lease = leases[0]
        self.assertEqual(self.served.ask(f"PING {ip}"), "OK")
        self.assertEqual(self.served.ask(f"RELEASE {ip} lease={lease}"), "OK")
        self.assertEqual(clients[2].answer().split(" lease=")[0], ip)
        self.assertEqual(len(self.sim.alive()), 2)

    def test_without_a_lease_nothing_is_launched_and_it_is_said_what_to_do(self):
        self.assertEqual(self.served.ask("GET_WORKER"),
                         "ERROR: pool default gives each worker to one client at a time, which "
                         "needs a lease: say HELLO 3 first, or use compute-broker run, or "
                         "get --hold")
        self.assertEqual(self.sim.instances(), [])
        refused = self.served.cli("get")
        self.assertEqual(refused.returncode, 1)
        ran = self.served.cli("run", "--release", "--", "sh", "-c", "echo $WORKER_IP")
        self.assertRegex(ran.stdout, r"^127\.")


if __name__ == "__main__":
    unittest.main(verbosity=2)
