"""The real broker, ended with SIGKILL at every step that money depends on, and with a journal that is
cut, full or read-only. Whatever happens, EC2's own list must show one instance for each need, and
none that is left."""
import collections
import os
import random
import resource
import shutil
import signal
import subprocess
import unittest

from harness import BINARY, Broker, Case, Process, remote_eval, until

# Nothing here is waited for longer than it must be, and nobody idles until a test wants it.
SETTINGS = """
idle_timeout = "1h"
restart_grace = "0s"
listing_fast = "100ms"
listing_slow = "300ms"
terminate_repeat = "1s"
missing_grace = "200ms"
ready_gap = "50ms"
"""


class Mortal(Broker):
    """A broker that may die at each start and is started again by whoever needs it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.plan = collections.deque()  # the point at which each start dies; none: it lives
        self.points = self.home / "points"
        self.deaths = 0

    def start(self):
        while True:
            self.env.pop("COMPUTE_BROKER_CRASH_AT", None)
            if self.plan:
                self.env["COMPUTE_BROKER_CRASH_AT"] = str(self.plan.popleft())
            self.env["COMPUTE_BROKER_CRASH_LOG"] = str(self.points)
            self.runs += 1
            port_file = self.home / f"broker{self.runs}.port"
            self.process = Process([BINARY, "serve", "--config", str(self.config), "--port-file",
                                    str(port_file), *self.flags], self.env,
                                   self.home / "broker.log")
            until("the broker's port", lambda: port_file.exists() and port_file.read_text()
                  or not self.process.alive())
            if self.process.alive():
                self.port = int(port_file.read_text())
                return self
            self.mourn()

    def mourn(self):
        code = self.process.kill()
        assert code == -signal.SIGKILL, f"it ended by itself with {code}: {self.log()}"
        self.deaths += 1

    def revive(self):
        if not self.process.alive():
            self.mourn()
            self.start()

    def ask_until_answered(self, line):
        """As a client does whose broker may die: again, until there is an answer."""
        def once():
            self.revive()
            try:
                return self.ask(line)
            except OSError:
                return ""
        return until(f"an answer to {line}", once)


class MortalCase(Case):
    def mortal(self, sim, settings=SETTINGS):
        broker = Mortal(self.home, sim.url, settings=settings)
        self.processes.append(broker)
        return broker

    def fresh_home(self):
        """Ends what runs, so that one test can live through many lives."""
        for thing in reversed(self.processes):
            process = thing if isinstance(thing, Process) else thing.process
            if process is not None and process.alive():
                process.kill()
        self.processes.clear()
        shutil.rmtree(self.home)
        self.home.mkdir()


class Crashes(MortalCase):
    def live(self, plan, faults=()):
        """Two workers' whole lives: one is released, one idles. Gives the points reached."""
        sim = self.ec2sim(pending="50ms", boot="20ms", service="20ms", shutting_down="50ms")
        sim.control("settings", {"faults": list(faults)})
        broker = self.mortal(sim)
        broker.plan.extend(plan)
        broker.start()
        first = broker.ask_until_answered("GET_WORKER")
        self.assertEqual(remote_eval(first, "expr 6*7"), "42")
        self.assertEqual(broker.ask_until_answered("GET_WORKER"), first, "a worker was lost")
        self.assertNotRegex(broker.ask_until_answered(f"PING {first}"), "ERROR")
        broker.ask_until_answered(f"RELEASE {first}")
        self.until_ended(sim, broker, 1)
        second = broker.ask_until_answered("GET_WORKER")
        self.assertEqual(remote_eval(second, "expr 6*7"), "42")
        broker.config.write_text(broker.config.read_text().replace('"1h"', '"1s"'))
        broker.revive()
        broker.process.popen.send_signal(signal.SIGHUP)
        self.until_ended(sim, broker, 2)
        # It must know that it is over, too, and say nothing else after another restart.
        until("nothing left", lambda: self.nothing_is_known(broker))
        broker.kill()
        broker.deaths += 1
        broker.plan.clear()
        broker.start()
        until("nothing left after a restart", lambda: self.nothing_is_known(broker))
        tokens = [i.get("client_token") or i["id"] for i in sim.instances()]
        self.assertEqual(len(tokens), 2, f"one launch for each need: {tokens}")
        points = broker.points.read_text().split()
        self.assertEqual(broker.deaths, 1 + len(plan), f"every planned death came: {points}")
        return points

    def until_ended(self, sim, broker, count):
        def ended():
            broker.revive()
            every = sim.instances()
            self.assertLessEqual(len(every), count, f"launched more than was needed: {every}")
            return len(every) == count and len(sim.instances("terminated")) == count
        until(f"the end of worker {count}", ended)

    def nothing_is_known(self, broker):
        broker.revive()
        return "no workers" in broker.cli("list").stdout.lower()

    def test_killed_at_every_write_of_the_journal_and_around_every_call(self):
        points = self.live([])
        self.assertLessEqual({"before-commit", "after-commit", "before-launch", "after-launch",
                              "launch-answered", "before-terminate", "after-terminate",
                              "terminate-answered"}, set(points))
        calm = points[:self.last_of_the_lives(points)]
        for at in range(1, len(calm) + 1):
            with self.subTest(point=at, name=calm[at - 1]):
                self.fresh_home()
                self.live([at])

    def test_killed_again_while_it_recovers(self):
        calm = self.live([])
        for at in range(1, self.last_of_the_lives(calm) + 1, 2):
            with self.subTest(point=at, name=calm[at - 1]):
                self.fresh_home()
                self.live([at, 1, 2])

    def last_of_the_lives(self, points):
        """The second worker's end is asked for at the last such point; later ones may not come."""
        return max(i for i, name in enumerate(points, 1) if name == "after-terminate")

    @staticmethod
    def calls_of(sim, action):
        return sum(c["action"] == action for c in sim.control("calls")["calls"])

    def killed_before_the_answer(self, action, line):
        """EC2 has done it, and its answer is on its way when the broker dies."""
        sim = self.ec2sim(pending="50ms")
        broker = self.mortal(sim).start()
        first = broker.ask("GET_WORKER") if action == "TerminateInstances" else None
        # The dry runs of its start are calls of the same name.
        until("the dry runs", lambda: "aws.check" in broker.log())
        before = self.calls_of(sim, action)
        sim.control("settings", {"faults": [
            {"action": action, "do": "slow", "delay": "forever", "next": 1}]})
        with broker.connect() as caller:
            caller.sendall(line.format(first).encode())
            until(f"{action} at EC2", lambda: self.calls_of(sim, action) > before)
            broker.kill()
            broker.deaths += 1
        broker.start()
        return sim, broker

    def test_killed_between_a_launch_and_its_answer(self):
        sim, broker = self.killed_before_the_answer("RunInstances", "GET_WORKER\n")
        self.assertEqual(remote_eval(broker.ask("GET_WORKER"), "expr 6*7"), "42")
        self.assertEqual(len(sim.instances()), 1)

    def test_killed_between_a_termination_and_its_answer(self):
        sim, broker = self.killed_before_the_answer("TerminateInstances", "RELEASE {}\n")
        until("the end", lambda: len(sim.instances("terminated")) == 1)
        self.assertEqual(len(sim.instances()), 1)


class Journal(MortalCase):
    def a_worker_and_its_journal(self):
        sim = self.ec2sim()
        broker = self.mortal(sim).start()
        ip = broker.ask("GET_WORKER")
        return sim, broker, ip

    def journal_files(self):
        return [p for p in (self.home / "state").iterdir() if "journal" in p.name and p.is_file()
                and p.stat().st_size > 0 and not p.name.endswith("-shm")]

    def test_cut_at_fifty_places_it_starts_and_no_worker_is_lost(self):
        sim, broker, ip = self.a_worker_and_its_journal()
        broker.kill()
        whole = self.home / "whole"
        shutil.copytree(self.home / "state", whole)
        files = sorted(p.name for p in self.journal_files())
        self.assertTrue(files, list(whole.iterdir()))
        chance = random.Random(20)
        for turn in range(50):
            name = files[turn % len(files)]
            offset = chance.randrange((whole / name).stat().st_size)
            with self.subTest(file=name, offset=offset):
                shutil.rmtree(self.home / "state")
                shutil.copytree(whole, self.home / "state")
                os.truncate(self.home / "state" / name, offset)
                broker.start()
                self.assertEqual(broker.ask("GET_WORKER"), ip)
                self.assertEqual(len(sim.instances()), 1)
                broker.kill()

    def test_while_it_may_not_grow_workers_are_served_and_ended_and_none_is_launched(self):
        sim, broker, ip = self.a_worker_and_its_journal()
        pid = broker.process.popen.pid
        largest = max(p.stat().st_size for p in self.journal_files())
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, hard))
        self.assertEqual(broker.ask("GET_WORKER"), ip)
        broker.ask(f"RELEASE {ip}")
        until("the end", lambda: sim.instances("terminated"))
        refused = until("the refusal", lambda: self.refusal(broker))
        self.assertRegex(refused, "journal")
        self.assertEqual(len(sim.instances()), 1)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        again = until("an address", lambda: self.address(broker))
        self.assertEqual(remote_eval(again, "expr 6*7"), "42")
        self.assertEqual(len(sim.instances()), 2)

    def refusal(self, broker):
        answer = broker.ask("GET_WORKER")
        return answer if answer.startswith("ERROR") else None

    def address(self, broker):
        answer = broker.ask("GET_WORKER")
        return answer if not answer.startswith("ERROR") else None

    def test_a_state_dir_that_is_read_only_serves_what_it_knows_and_launches_nothing(self):
        sim, broker, ip = self.a_worker_and_its_journal()
        broker.kill(signal.SIGTERM)
        state = self.home / "state"
        mounts = ["unshare", "-m", "sh", "-c",
                  'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"',
                  str(state)]
        if subprocess.run([*mounts, "true"], capture_output=True).returncode != 0:
            self.skipTest("mounting a directory read-only needs root")
        port_file = self.home / "read-only.port"
        broker.process = Process([*mounts, BINARY, "serve", "--config", str(broker.config),
                                  "--port-file", str(port_file)], broker.env,
                                 self.home / "broker.log")
        until("the broker's port", lambda: port_file.exists() and port_file.read_text()
              or not broker.process.alive() and broker.fail())
        broker.port = int(port_file.read_text())
        self.assertEqual(broker.ask("GET_WORKER"), ip)
        broker.ask(f"RELEASE {ip}")
        until("the end", lambda: sim.instances("terminated"))
        self.assertRegex(until("the refusal", lambda: self.refusal(broker)), "journal|state")
        self.assertEqual(len(sim.instances()), 1)


if __name__ == "__main__":
    unittest.main()
