#!/usr/bin/env python3
"""python3 -m compute_broker against a broker that plays a script: what it prints, its exit codes,
and what a person sees on a terminal."""
import json
import os
import pty
import signal
import subprocess
import sys
import unittest

from scripted import CLIENT, LEASE, PATIENCE, Case, until

ONE = LEASE[:-1] + "b"
HELLO_2 = ("HELLO 2", "OK compute-broker 1 protocol 2")
READY = {"instance_id": "i-0abc", "ip": "198.51.100.7", "idle_seconds": 12, "pool": "default",
         "will_terminate_in": 888, "instance_type": "c7i.16xlarge", "leases": []}
COMING = {"instance_id": None, "ip": "pending", "pool": "default", "since_seconds": 3,
          "state": "launching"}


def overview(**parts):
    return ("STATUS all", json.dumps({"ready": [], "coming": [], "ending": [], "waiting": 0,
                                      "troubles": [], **parts}))


class CommandLine(Case):
    def command(self, broker, *arguments):
        env = {**os.environ, "PYTHONPATH": str(CLIENT), "COMPUTE_BROKER": broker.address,
               "TERM": "xterm"}
        return [sys.executable, "-m", "compute_broker", *arguments], env

    def run_it(self, broker, *arguments, **kwargs):
        command, env = self.command(broker, *arguments)
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE,
                              **kwargs)

    def start(self, broker, *arguments):
        """A command that goes on until it is told to end, or its standard input has ended."""
        command, env = self.command(broker, *arguments)
        running = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, text=True,
                                   stdout=subprocess.PIPE)
        for end in (running.stdout.close, running.wait, running.kill, running.stdin.close):
            self.addCleanup(end)
        return running

    def says(self, done, code, out, err=""):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (code, out, err))


class Get(CommandLine):
    def test_it_prints_the_address_and_nothing_else_where_nobody_looks(self):
        broker = self.broker(HELLO_2, ("GET_WORKER", "# booting\n198.51.100.7"))
        self.says(self.run_it(broker, "get", "--cores", "64", "--client", "rig-3"), 0,
                  "198.51.100.7\n")
        self.assertEqual(broker.lines, ["HELLO 2 client=rig-3", "GET_WORKER wait=600 cores=64"])

    def test_what_is_held_is_not_given_back_and_its_lease_is_told(self):
        broker = self.giving(count=2)
        done = self.run_it(broker, "get", "--count", "2", "--hold", "20m", "--json")
        self.assertEqual([row["ip"] for row in json.loads(done.stdout)], ["127.0.0.1"] * 2)
        self.assertEqual(json.loads(done.stdout)[0]["lease"], ONE)
        self.assertEqual(broker.lines[1], "GET_WORKER wait=600 count=2 hold=1200s")
        self.assertEqual(len(broker.lines), 2)

    def test_what_needs_a_lease_is_refused_without_a_time_to_hold_it(self):
        broker = self.broker()
        for flags in [("--count", "2"), ("--exclusive",)]:
            done = self.run_it(broker, "get", *flags)
            self.says(done, 2, "", f"compute_broker: {flags[0]} takes --hold TIME as well: how "
                                   "long what you get is kept for you\n")
        self.assertEqual(broker.lines, [])

    def test_errors_have_the_exit_codes_of_the_program(self):
        refusing = self.broker(HELLO_2, ("GET_WORKER", "ERROR: max_workers = 2 is reached"))
        self.says(self.run_it(refusing, "get"), 1, "",
                  "compute_broker: max_workers = 2 is reached\n")
        self.says(self.run_it(refusing, "get", "--json"), 1,
                  '{"error": "max_workers = 2 is reached"}\n')
        self.says(self.run_it(refusing, "get", "--wait", "soon"), 2, "",
                  "compute_broker: 'soon' is no length of time; write it as 90s, 20m or 1h30m\n")
        nobody = self.broker()
        nobody.close()
        done = self.run_it(nobody, "get", "--wait", "0s")
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"cannot reach the broker at {nobody.address}", done.stderr)
        silent = self.broker(("RELEASE", None))
        done = self.run_it(silent, "release", "--lease", ONE, "198.51.100.7", "--timeout", "300ms")
        self.assertEqual(done.returncode, 4)
        self.assertIn("did not answer RELEASE", done.stderr)


class Run(CommandLine):
    def test_the_command_has_the_address_and_its_exit_code_is_passed_on(self):
        broker = self.giving(count=2)
        done = self.run_it(broker, "run", "--count", "2", "--", "sh", "-c",
                           "echo $WORKER_IP:$WORKER_PORT $WORKER_IPS; exit 7")
        self.says(done, 7, "127.0.0.1:2560 127.0.0.1 127.0.0.1\n")
        self.assertEqual(len(broker.said("RELEASE")), 2)

    def test_its_own_codes_are_those_of_env(self):
        self.assertEqual(self.run_it(self.giving(), "run", "--", "/no/such").returncode, 127)
        self.assertEqual(self.run_it(self.giving(), "run", "--", "/").returncode, 126)
        refusing = self.broker(("GET_WORKER", "ERROR: no"))
        self.assertEqual(self.run_it(refusing, "run", "--", "true").returncode, 125)

    def test_a_signal_goes_on_to_the_command_and_the_lease_is_given_back(self):
        broker = self.giving()
        running = self.start(broker, "run", "--", "sh", "-c", "echo on; exec cat")
        self.assertEqual(running.stdout.readline(), "on\n")
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(PATIENCE), 128 + signal.SIGTERM)
        self.assertEqual(len(broker.said("RELEASE")), 1)

    def test_the_lease_is_renewed_as_often_as_is_asked_for(self):
        broker = self.giving()
        running = self.start(broker, "run", "--ping-interval", "20ms", "--", "cat")
        until("three renewals", lambda: len(broker.said("RENEW")) >= 3)
        running.stdin.close()
        self.assertEqual(running.wait(PATIENCE), 0)


class Eval(CommandLine):
    def evaluates(self, answer, *arguments, **kwargs):
        worker = self.dserv(answer)
        broker = self.giving()
        done = self.run_it(broker, "eval", "--worker-port", str(worker.port), *arguments, **kwargs)
        self.assertEqual(len(broker.said("RELEASE")), 1)
        return done

    def test_it_prints_the_result(self):
        self.says(self.evaluates(lambda script: f"<{script}>", "expr 6*7"), 0, "<expr 6*7>\n")
        self.says(self.evaluates(lambda script: f"<{script}>", "-", input="expr 1"), 0,
                  "<expr 1>\n")

    def test_each_failure_has_its_code(self):
        self.says(self.evaluates(lambda script: "!TCL_ERROR boom", "error boom"), 1, "",
                  "compute_broker: boom\n")
        self.assertEqual(self.evaluates(lambda script: b"", "x").returncode, 75)
        silent = self.evaluates(lambda script: None, "x", "--timeout", "300ms")
        self.assertEqual(silent.returncode, 4)


class Others(CommandLine):
    def test_status_shows_what_there_is_and_what_is_in_the_way(self):
        rule = overview(ready=[READY], coming=[COMING], waiting=2, troubles=["EC2 is away"])
        self.says(self.run_it(self.broker(rule), "status"), 0,
                  "1 ready, 1 on the way, 0 ending, 2 callers wait\n"
                  "  198.51.100.7 (i-0abc, c7i.16xlarge, pool default): 0 leases, idle 12 s, would "
                  "end in 888 s\n  a launch, pool default: launching, since 3 s\nEC2 is away\n")
        self.says(self.run_it(self.broker(rule), "status", "--json"), 0, rule[1] + "\n")

    def test_release_says_what_it_does(self):
        self.says(self.run_it(self.broker(overview(ready=[READY])), "release", "198.51.100.7"), 0,
                  "198.51.100.7 is ending, for everybody who used it\n")
        held = overview(ready=[{**READY, "leases": [{}]}])
        done = self.run_it(self.broker(held), "release", "198.51.100.7")
        self.assertEqual(done.returncode, 1)
        self.assertIn("goes on, because others hold leases on it", done.stderr)
        unknown = self.broker(overview())
        done = self.run_it(unknown, "release", "198.51.100.7")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no worker at 198.51.100.7, so nothing was released", done.stderr)
        self.assertEqual(unknown.said("RELEASE"), [])
        leased = self.broker()
        done = self.run_it(leased, "release", "--lease", ONE, "198.51.100.7")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(leased.lines, [f"RELEASE 198.51.100.7 lease={ONE}"])

    def test_progress_is_shown_on_a_terminal_and_wiped(self):
        broker = self.broker(HELLO_2, ("GET_WORKER", "# booting i-0abc\n198.51.100.7"))
        command, env = self.command(broker, "get")
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs,
                              stderr=theirs) as child:
            os.close(theirs)
            shown = b""
            try:
                while chunk := os.read(ours, 65536):
                    shown += chunk
            except OSError:
                pass  # the terminal of a program that has ended
            self.assertEqual(child.wait(PATIENCE), 0)
        self.assertEqual(shown.decode(), "\r[0s] booting i-0abc\033[K\r\033[K198.51.100.7\r\n")


if __name__ == "__main__":
    unittest.main()
