#!/usr/bin/env python3
"""The client's commands as a script runs them, against a broker that plays a script."""
import json
import pathlib
import signal
import subprocess
import unittest

from command_line import (BINARY, COMING, HELLO, PATIENCE, READY, Broker, Case, environment, overview,
                          until)


class Client(Case):
    def test_get_prints_the_address_alone(self):
        broker = self.broker(HELLO, ("GET_WORKER", "# launching c7i\n198.51.100.7"))
        done = self.run_cli("get", broker=broker)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "198.51.100.7\n", ""))
        self.assertEqual(broker.lines[1], "GET_WORKER wait=600")

    def test_json_is_one_line_for_answers_and_errors(self):
        broker = self.broker(HELLO, ("GET_WORKER", "198.51.100.7"), ("PING", "OK"),
                             ("STATUS all", overview(ready=[READY])), ("STATUS", "[]"),
                             ("RELEASE", "ERROR: no"))
        self.assertEqual(json.loads(self.run_cli("get", "--json", broker=broker).stdout),
                         {"ip": "198.51.100.7"})
        self.assertEqual(json.loads(self.run_cli("ping", "1.2.3.4", "--json",
                                                 broker=broker).stdout), {"ok": True})
        self.assertEqual(self.run_cli("status", "--json", broker=broker).stdout, "[]\n")
        refused = self.run_cli("release", "198.51.100.7", "--json", broker=broker)
        self.assertEqual(json.loads(refused.stdout), {"error": "no"})
        self.assertEqual((refused.returncode, refused.stderr), (1, ""))

    def test_each_command_says_its_word(self):
        broker = self.broker(("PING", "OK"), ("RELEASE", "OK"),
                             ("STATUS all", overview(ready=[READY])), ("LIST_ALL", "[]"),
                             ("TERMINATE_ALL", '{"terminated":["i-0abc"]}'))
        for args in (["ping", "1.2.3.4"], ["release", "198.51.100.7"], ["status"], ["list"]):
            self.assertEqual(self.run_cli(*args, broker=broker).returncode, 0, args)
        done = self.run_cli("terminate-all", broker=broker)
        self.assertEqual(done.stdout, "198.51.100.7 (i-0abc, c7i.16xlarge) is ending\n")
        self.assertEqual([line for line in broker.lines if line != "STATUS all"],
                         ["PING 1.2.3.4", "RELEASE 198.51.100.7", "LIST_ALL", "TERMINATE_ALL"])

    def test_the_exit_codes(self):
        broker = self.broker(("PING", "ERROR: Worker not found"), ("LIST_ALL", '{"error":"EC2"}'))
        refused = self.run_cli("ping", "1.2.3.4", broker=broker)
        self.assertEqual((refused.returncode, refused.stdout, refused.stderr),
                         (1, "", "compute-broker: Worker not found\n"))
        self.assertEqual(self.run_cli("list", broker=broker).returncode, 1)
        for wrong in ([], ["nonsense"], ["ping"], ["get", "--wait", "10"], ["get", "--bogus"],
                      ["status", "--broker", "lab:x"], ["run"], ["ping", "a b"]):
            self.assertEqual(self.run_cli(*wrong).returncode, 2, wrong)
        gone = Broker()
        gone.close()
        unreachable = self.run_cli("status", "--broker", gone.address)
        self.assertEqual(unreachable.returncode, 3)
        self.assertEqual(unreachable.stderr.count("\n"), 1)
        self.assertIn(gone.address, unreachable.stderr)
        silent = self.broker(("STATUS", None))
        self.assertEqual(self.run_cli("status", "--timeout", "100ms",
                                      broker=silent).returncode, 4)

    def test_a_flag_wins_over_the_environment(self):
        broker = self.broker(("STATUS", "[]"))
        done = self.run_cli("status", "--broker", broker.address,
                            env={"COMPUTE_BROKER": "127.0.0.1:1"})
        self.assertEqual((done.returncode, done.stdout), (0, "0 ready\n"))


class Honest(Case):
    """What the commands say is so."""

    def test_releasing_an_address_that_is_no_workers_is_an_error_and_names_the_near_one(self):
        broker = self.broker(("STATUS all", overview(ready=[READY])), ("RELEASE", "OK"))
        for wrong in ("198.51.100.17", "notanip"):
            done = self.run_cli("release", wrong, broker=broker)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"no worker at {wrong}", done.stderr)
        self.assertIn("did you mean 198.51.100.7?",
                      self.run_cli("release", "198.51.100.17", broker=broker).stderr)
        self.assertNotIn("RELEASE notanip", broker.lines)

    def test_an_older_brokers_workers_can_be_released(self):
        broker = self.broker(("STATUS all", "ERROR: Unknown command"),
                             ("STATUS", json.dumps([READY])), ("RELEASE", "OK"))
        self.assertEqual(self.run_cli("release", "198.51.100.7", broker=broker).returncode, 0)
        self.assertEqual(self.run_cli("release", "198.51.100.8", broker=broker).returncode, 1)

    def test_a_worker_that_a_caller_waits_for_is_not_said_to_be_released(self):
        broker = self.broker(("STATUS all", overview(coming=[COMING], waiting=1)), ("RELEASE", "OK"))
        done = self.run_cli("release", "198.51.100.9", broker=broker)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is waited for", done.stderr)

    def test_status_says_what_is_on_its_way_and_what_is_in_the_way(self):
        broker = self.broker(("STATUS all", overview(coming=[COMING], waiting=2,
                                                     troubles=["EC2 cannot be asked: no key"])))
        done = self.run_cli("status", broker=broker)
        self.assertEqual(done.stdout.splitlines(),
                         ["0 ready, 1 on its way (i-0def booting since 12s), 2 callers wait",
                          "trouble: EC2 cannot be asked: no key"])


    def test_pools_shows_what_each_offers_and_what_is_in_its_way(self):
        broker = self.broker(("STATUS all", overview(pools=[
            {"pool": "small", "cores": 2, "instance_types": ["m7i.large"], "waiting": 3,
             "ready": 0, "coming": 1, "trouble": "no capacity for pool small; tried again in 2m"},
            {"pool": "metal", "cores": None, "instance_types": ["c7i.metal"], "waiting": 0,
             "ready": 1, "coming": 0, "trouble": None,
             "warm": {"workers": 1, "schedule": "* 08:00-18:00 UTC", "from": "2026-11-27T08:00:00Z",
                      "until": "2026-11-27T18:00:00Z", "now": True, "suspended": False,
                      "trouble": "max_workers = 1 is reached"}}])))
        self.assertEqual([line.split() for line in
                          self.run_cli("pools", broker=broker).stdout.splitlines()], [
            ["POOL", "CORES", "READY", "COMING", "WAITING", "TYPES"],
            ["small", "2", "0", "1", "3", "m7i.large"],
            ["metal", "-", "1", "0", "0", "c7i.metal"],
            [],
            ["small:"] + "no capacity for pool small; tried again in 2m".split(),
            ("metal is kept warm: 1 worker until 2026-11-27T18:00:00Z (* 08:00-18:00 UTC); there are "
             "fewer: max_workers = 1 is reached").split()])
        told = json.loads(self.run_cli("pools", "--json", broker=broker).stdout)
        self.assertEqual([row["pool"] for row in told], ["small", "metal"])

    def test_pools_says_when_a_warm_window_comes_and_that_terminate_all_has_suspended_one(self):
        window = {"workers": 2, "schedule": "* 08:00-18:00 UTC", "from": "2026-11-28T08:00:00Z",
                  "until": "2026-11-28T18:00:00Z", "now": False, "suspended": False, "trouble": None}
        pool = {"pool": "a", "cores": 2, "instance_types": ["m7i.large"], "waiting": 0, "ready": 0,
                "coming": 0, "trouble": None}
        for warm, said in (
                (window, "2 workers from 2026-11-28T08:00:00Z until 2026-11-28T18:00:00Z "
                         "(* 08:00-18:00 UTC)"),
                ({**window, "now": True, "suspended": True},
                 "0 workers until 2026-11-28T18:00:00Z (* 08:00-18:00 UTC), since TERMINATE_ALL came "
                 "within this window"),
                ({**window, "schedule": None, "from": None, "until": None}, "no window is near")):
            broker = self.broker(("STATUS all", overview(pools=[{**pool, "warm": warm}])))
            self.assertEqual(self.run_cli("pools", broker=broker).stdout.splitlines()[-1],
                             f"a is kept warm: {said}")

    def test_pools_of_a_broker_that_does_not_tell_of_them_is_an_error(self):
        broker = self.broker(("STATUS all", overview()))
        done = self.run_cli("pools", broker=broker)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("it is an older version", done.stderr)


class Usage(Case):
    """A wrong command line is answered with the program's name, one sentence and the way on."""

    def wrong(self, *args):
        done = self.run_cli(*args)
        self.assertEqual((done.returncode, done.stdout), (2, ""), args)
        self.assertTrue(done.stderr.startswith("compute-broker: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_an_unknown_command_gets_a_suggestion(self):
        self.assertIn("there is no command stats; did you mean status?", self.wrong("stats"))
        self.assertIn("compute-broker --help", self.wrong("zzzzzzzz"))
        self.assertIn("compute-broker --help", self.wrong())

    def test_an_unknown_option_gets_a_suggestion(self):
        self.assertIn("get: there is no option --wiat; did you mean --wait?",
                      self.wrong("get", "--wiat", "10s"))
        self.assertIn("get: there is no option --zone;", self.wrong("get", "--zone", "b"))
        self.assertIn("compute-broker status --help", self.wrong("status", "now"))
        self.assertIn("options come after the command: compute-broker get --broker",
                      self.wrong("--broker", "127.0.0.1:9", "get"))

    def test_help_is_a_command_too(self):
        self.assertEqual(self.run_cli("help").stdout, self.run_cli("--help").stdout)
        self.assertEqual(self.run_cli("help", "get").stdout, self.run_cli("get", "--help").stdout)

    def test_no_help_speaks_in_the_parsers_own_words(self):
        for command in Help.COMMANDS:
            self.assertNotRegex(self.run_cli(command, "--help").stdout, r"INT:|TEXT:|UINT in")


class Run(Case):
    RULES = (HELLO, ("GET_WORKER", "198.51.100.7"), ("PING", "OK"), ("RELEASE", "OK"))

    def test_the_command_has_the_worker_and_its_exit_code_is_ours(self):
        broker = self.broker(*self.RULES)
        done = self.run_cli("run", "--worker-port", "2561", "--", "sh", "-c",
                            "echo $WORKER_IP:$WORKER_PORT; exit 7", broker=broker)
        self.assertEqual((done.returncode, done.stdout), (7, "198.51.100.7:2561\n"))
        self.assertNotIn("RELEASE 198.51.100.7", broker.lines)

    def test_the_commands_own_options_stay_its_own(self):
        broker = self.broker(*self.RULES)
        done = self.run_cli("run", "--", "printf", "%s|", "--release", "get", "--", "-x",
                            broker=broker)
        self.assertEqual(done.stdout, "--release|get|--|-x|")

    def test_release_comes_after_the_command(self):
        broker = self.broker(*self.RULES)
        self.run_cli("run", "--release", "--", "true", broker=broker)
        self.assertEqual(broker.lines[-1], "RELEASE 198.51.100.7")

    def test_it_pings_while_the_command_runs(self):
        broker = self.broker(*self.RULES)
        marker = self.scratch() / "enough"
        runner = subprocess.Popen(
            [BINARY, "run", "--ping-interval", "100ms", "--", "sh", "-c",
             f"until [ -e {marker} ]; do sleep 0.02; done"], env=environment(broker))
        self.addCleanup(runner.kill)
        until("two pings", lambda: broker.lines.count("PING 198.51.100.7") >= 2)
        marker.touch()
        self.assertEqual(runner.wait(timeout=PATIENCE), 0)

    def test_a_ping_that_fails_is_told_once_and_the_command_goes_on(self):
        broker = self.broker(HELLO, ("GET_WORKER", "198.51.100.7"),
                             ("PING", "ERROR: Worker not found"))
        marker = self.scratch() / "enough"
        runner = subprocess.Popen(
            [BINARY, "run", "--ping-interval", "100ms", "--", "sh", "-c",
             f"until [ -e {marker} ]; do sleep 0.02; done"], env=environment(broker),
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(runner.kill)
        until("three pings", lambda: broker.lines.count("PING 198.51.100.7") >= 3)
        marker.touch()
        said = runner.communicate(timeout=PATIENCE)[1]
        self.assertEqual(runner.returncode, 0)
        self.assertEqual(said.count("has ended, or somebody has released it"), 1)

    def started(self, script):
        broker = self.broker(*self.RULES)
        marker = self.scratch() / "ready"
        runner = subprocess.Popen([BINARY, "run", "--", "sh", "-c", f"{script}; touch {marker}; "
                                   "while :; do sleep 0.02; done"], env=environment(broker))
        self.addCleanup(runner.kill)
        until("the command", marker.exists)
        return runner

    def test_signals_are_passed_on(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            runner = self.started(f"trap 'exit 9' {number.value}")
            runner.send_signal(number)
            self.assertEqual(runner.wait(timeout=PATIENCE), 9, number)

    def test_a_command_that_a_signal_ends_gives_128_and_its_number(self):
        runner = self.started(":")
        runner.send_signal(signal.SIGTERM)
        self.assertEqual(runner.wait(timeout=PATIENCE), 128 + signal.SIGTERM)

    def test_what_cannot_be_run_has_a_code_of_its_own(self):
        broker = self.broker(*self.RULES)
        missing = self.run_cli("run", "--release", "--", "/no/such/program", broker=broker)
        self.assertEqual(missing.returncode, 127)
        self.assertEqual(broker.lines[-1], "RELEASE 198.51.100.7")
        plain = self.scratch() / "plain"
        plain.write_text("")
        self.assertEqual(self.run_cli("run", "--", str(plain), broker=broker).returncode, 126)

    def test_without_a_worker_the_command_is_not_run(self):
        broker = self.broker(HELLO, ("GET_WORKER", "ERROR: max_workers = 2 is reached"))
        done = self.run_cli("run", "--", "echo", "ran", broker=broker)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (125, "", "compute-broker: max_workers = 2 is reached\n"))


class Help(Case):
    COMMANDS = ("serve", "check-config", "get", "ping", "release", "status", "pools", "list",
                "terminate-all", "run", "ec2sim")

    def test_every_command_has_help_with_an_example(self):
        overall = self.run_cli("--help").stdout
        for command in self.COMMANDS:
            self.assertRegex(overall, rf"\n  {command} ")
            done = self.run_cli(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, rf"Example:\n(.*\n)*.*compute-broker {command}", command)

    def test_the_version_is_one_line(self):
        self.assertRegex(self.run_cli("--version").stdout, r"\Acompute-broker \d+\.\d+\.\d+\n\Z")

    def test_the_manual_names_every_command_and_option_of_the_client(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        manual = (root / "packaging/man/compute-broker.1").read_text().replace("\\-", "-")
        for command in self.COMMANDS:
            self.assertIn(command, manual)
            if command in ("serve", "check-config", "ec2sim"):
                continue
            for word in self.run_cli(command, "--help").stdout.split():
                option = word.split(",")[-1].split("=")[0]
                if option.startswith("--") and option not in ("--", "--help"):
                    self.assertIn(option, manual, f"{command} {option}")

    def test_the_completion_offers_commands_and_options(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        script = f"""
            source {root}/packaging/completions/compute-broker.bash
            COMP_WORDS=({BINARY} "$@"); COMP_CWORD=$#
            _compute_broker; printf '%s\\n' "${{COMPREPLY[@]}}" """
        def offered(*words):
            return subprocess.run(["bash", "-c", script, "bash", *words], text=True,
                                  capture_output=True, timeout=PATIENCE).stdout.split()
        self.assertEqual({*self.COMMANDS, "--help", "--version"}, set(offered("")))
        self.assertEqual(offered("terminate"), ["terminate-all"])
        self.assertEqual(offered("get", "--wa"), ["--wait"])
        self.assertIn("--max-workers", offered("serve", "--max"))


if __name__ == "__main__":
    unittest.main()
