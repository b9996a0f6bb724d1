#!/usr/bin/env python3
"""The client's commands as a person runs them, against a broker that plays a script."""
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

BINARY = sys.argv.pop(1)
PATIENCE = 60
HELLO = ("HELLO 2", "OK compute-broker 1 protocol 2")
READY = {"instance_id": "i-0abc", "ip": "198.51.100.7", "idle_seconds": 12,
         "will_terminate_in": 888, "pool": "default", "instance_type": "c7i.16xlarge",
         "market": "spot", "zone": "us-east-1b", "handed_out": 3}
COMING = {"instance_id": "i-0def", "ip": "198.51.100.9", "pool": "default",
          "instance_type": "c7i.16xlarge", "since_seconds": 12, "state": "booting"}


def overview(**parts):
    """The broker's answer to STATUS all."""
    return json.dumps({"ready": [], "coming": [], "ending": [], "waiting": 0, "troubles": [],
                       **parts})


class Broker:
    """Answers each line by the first rule whose beginning matches, and remembers the lines."""

    def __init__(self, *rules):
        self.rules = list(rules)
        self.lines = []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.door.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            threading.Thread(target=self.speak, args=[client], daemon=True).start()

    def speak(self, client):
        with client, client.makefile("rw", newline="\n") as stream:
            for line in stream:
                line = line.rstrip("\r\n")
                self.lines.append(line)
                for beginning, answer in self.rules:
                    if line.startswith(beginning):
                        if answer is not None:
                            stream.write(answer + "\n")
                            stream.flush()
                        break

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


def environment(broker=None, **extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith("COMPUTE_BROKER")}
    if broker is not None:
        env["COMPUTE_BROKER"] = broker.address
    return {**env, **extra}


def until(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {PATIENCE} s")
        time.sleep(0.01)


class Case(unittest.TestCase):
    def broker(self, *rules):
        broker = Broker(*rules)
        self.addCleanup(broker.close)
        return broker

    def run_cli(self, *args, broker=None, **kwargs):
        return subprocess.run([BINARY, *args], env=environment(broker), capture_output=True,
                              text=True, timeout=PATIENCE, **kwargs)

    def scratch(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)


class Client(Case):
    def test_get_prints_the_address_alone(self):
        broker = self.broker(HELLO, ("GET_WORKER", "# launching c7i\n198.51.100.7"))
        done = self.run_cli("get", broker=broker)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "198.51.100.7\n", ""))
        self.assertEqual(broker.lines[1], "GET_WORKER wait=600")

    def test_get_shows_the_phases_on_a_terminal_and_wipes_them(self):
        broker = self.broker(HELLO, ("GET_WORKER", "# launching c7i\n198.51.100.7"))
        ours, theirs = pty.openpty()
        done = subprocess.run([BINARY, "get"], env=environment(broker), stdout=subprocess.PIPE,
                              stderr=theirs, text=True, timeout=PATIENCE)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(done.stdout, "198.51.100.7\n")
        self.assertIn("launching c7i", shown)
        self.assertTrue(shown.endswith("\r\033[K"), shown)

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
        done = subprocess.run([BINARY, "status", "--broker", broker.address],
                              env=environment(COMPUTE_BROKER="127.0.0.1:1"), timeout=PATIENCE,
                              capture_output=True, text=True)
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

    def terminal(self, broker, answer, *args):
        """The exit code, and all that is shown, of a command on a terminal where `answer` is typed."""
        ours, theirs = pty.openpty()
        child = subprocess.Popen([BINARY, *args], env=environment(broker), stdin=theirs,
                                 stdout=theirs, stderr=theirs)
        self.addCleanup(child.kill)
        os.close(theirs)
        shown = b""
        if answer:
            while b"[y/N]" not in shown:
                shown += os.read(ours, 65536)
            os.write(ours, answer.encode())
        code = child.wait(timeout=PATIENCE)
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:
            pass  # the terminal of a program that has ended
        os.close(ours)
        return code, shown.decode()

    def test_terminate_all_asks_on_a_terminal_and_names_what_will_end(self):
        broker = self.broker(("STATUS all", overview(ready=[READY], coming=[COMING])),
                             ("TERMINATE_ALL", '{"terminated":["i-0abc"]}'))
        code, shown = self.terminal(broker, "n\n", "terminate-all")
        self.assertEqual(code, 1)
        self.assertIn("198.51.100.7 (i-0abc, c7i.16xlarge)", shown)
        self.assertIn("198.51.100.9 (i-0def, c7i.16xlarge), booting", shown)
        self.assertNotIn("TERMINATE_ALL", broker.lines)
        self.assertEqual(self.terminal(broker, "y\n", "terminate-all")[0], 0)
        self.assertEqual(broker.lines[-1], "TERMINATE_ALL")
        self.assertEqual(self.terminal(broker, "", "terminate-all", "--yes")[0], 0)

    def test_run_without_release_says_on_a_terminal_that_its_worker_stays(self):
        broker = self.broker(HELLO, ("GET_WORKER", "198.51.100.7"))
        code, shown = self.terminal(broker, "", "run", "--", "true")
        self.assertEqual(code, 0)
        self.assertIn("compute-broker release 198.51.100.7", shown)

    def test_the_phase_does_not_tell_the_time_twice(self):
        broker = self.broker(HELLO, ("GET_WORKER",
                                     "# booting i-0abc 7s, ready in about 18s\n198.51.100.7"))
        shown = self.terminal(broker, "", "get")[1]
        self.assertIn("booting i-0abc, ready in about 18s", shown)

    def test_get_waits_a_moment_for_a_broker_that_is_just_coming_up(self):
        held = socket.socket()
        held.bind(("127.0.0.1", 0))  # its port is nobody's yet
        address = "127.0.0.1:%d" % held.getsockname()[1]
        ours, theirs = pty.openpty()
        getter = subprocess.Popen([BINARY, "get", "--broker", address], env=environment(),
                                  stdout=subprocess.PIPE, stderr=theirs, text=True)
        self.addCleanup(getter.kill)
        shown = b""
        while b"no broker answers" not in shown:
            shown += os.read(ours, 65536)
        held.listen()
        client, _ = held.accept()
        with client, client.makefile("rw", newline="\n") as stream:
            stream.readline()
            stream.write(HELLO[1] + "\n198.51.100.7\n")
            stream.flush()
            self.assertEqual(getter.communicate(timeout=PATIENCE)[0], "198.51.100.7\n")
        for end in (held.fileno(), ours, theirs):
            os.close(end)
        held.detach()

    def test_sentences_and_help_break_between_words_on_a_narrow_terminal(self):
        for args in (["status", "--broker", "127.0.0.1:1"], ["status", "--help"], ["statsu"]):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
            subprocess.run([BINARY, *args], env=environment(), stdout=theirs, stderr=theirs,
                           timeout=PATIENCE)
            os.close(theirs)
            shown = os.read(ours, 65536).decode()
            os.close(ours)
            self.assertLessEqual(max(map(len, shown.splitlines())), 60, shown)

    def test_a_wide_table_becomes_readable_on_a_narrow_terminal(self):
        broker = self.broker(("STATUS all", overview(ready=[READY])))
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        child = subprocess.run([BINARY, "status"], env=environment(broker), stdout=theirs,
                               timeout=PATIENCE)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        self.assertEqual(child.returncode, 0)
        self.assertLessEqual(max(map(len, shown.splitlines())), 60)
        for part in ("198.51.100.7", "i-0abc", "c7i.16xlarge", "14m48s"):
            self.assertIn(part, shown)


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
        self.assertIn("get: there is no option --pool;", self.wrong("get", "--pool", "big"))
        self.assertIn("compute-broker status --help", self.wrong("status", "now"))

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
    COMMANDS = ("serve", "check-config", "get", "ping", "release", "status", "list",
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


class CheckConfig(Case):
    def test_a_good_file_is_printed_with_the_origin_of_each_value(self):
        file = self.scratch() / "b.toml"
        file.write_text('max_workers = 3\n[pool.default]\nimage = "ami-1"\n')
        done = subprocess.run([BINARY, "check-config", "--all", str(file), "--name", "lab"],
                              env=environment(COMPUTE_BROKER_AWS_REGION="eu-west-1"),
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines()[0], f"# {file} is good")
        for line in (rf'max_workers = 3 +# {file}:1',
                     r'max_connections = 0 +# default: the descriptor limit less 256', r'name = "lab" +# flag --name',
                     r'region = "eu-west-1" +# environment COMPUTE_BROKER_AWS_REGION',
                     r'idle_timeout = "15m" +# default'):
            self.assertRegex(done.stdout, rf"(?m)^{line}$")
        again = self.scratch() / "again.toml"
        again.write_text(done.stdout)
        self.assertEqual(self.run_cli("check-config", str(again)).returncode, 0)

    def test_every_fault_of_a_bad_file_is_named(self):
        file = self.scratch() / "b.toml"
        file.write_text("max_wokers = 3\nidle_timeout = 900\n")
        done = self.run_cli("check-config", str(file))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        verdict, first, second = done.stderr.splitlines()
        self.assertEqual(verdict, "not good: 2 faults")
        self.assertEqual(first, f"{file}:1: unknown key max_wokers; did you mean max_workers?")
        self.assertTrue(second.startswith(f"{file}:2: idle_timeout takes a time"), second)

    def test_the_verdict_comes_first_and_only_what_differs_follows(self):
        file = self.scratch() / "b.toml"
        file.write_text('max_workers = 3\n[pool.default]\nimage = "ami-1"\n')
        lines = self.run_cli("check-config", str(file)).stdout.splitlines()
        self.assertTrue(lines[0].startswith(f"# {file} is good"), lines)
        self.assertEqual([line.split(" =")[0] for line in lines[1:] if " = " in line],
                         ["state_dir", "max_workers", "image"])

    def test_a_configuration_that_can_launch_nothing_is_not_good(self):
        done = self.run_cli("check-config", "--name", "lab")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not good: nothing can be launched without an image", done.stdout)

    def test_the_example_configuration_is_good(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        done = self.run_cli("check-config", str(root / "packaging/compute-broker.toml"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_what_the_example_comments_out_is_the_default(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        example = (root / "packaging/compute-broker.toml").read_text()
        opened = self.scratch() / "opened.toml"
        opened.write_text("".join(l.removeprefix("#") if l.startswith("#") and l[1:2].isalpha()
                                  else l for l in example.splitlines(keepends=True)))
        def values(file):
            text = self.run_cli("check-config", "--all", str(file)).stdout
            text = text.replace(str(file), "FILE")
            return [re.sub(r" +# \S.*$", "", l) for l in text.splitlines()]
        default = values(root / "packaging/compute-broker.toml")
        # What AWS's own configuration, or a person, has to say.
        own = ("region", "profile", "key_name", "security_groups", "state_dir")
        for was, now in zip(default, values(opened), strict=True):
            if not was.startswith(own):
                self.assertEqual(was, now)

    def test_flags_of_every_kind_are_taken(self):
        image = ["--pool-default-image", "ami-1"]
        done = self.run_cli("check-config", *image, "--allow-anyone", "--aws-adopt-untagged",
                            "--listen", "127.0.0.1:1,127.0.0.1:2", "--set", "pool.default.market=spot",
                            "--empty-input-is-get-worker=false", "--silence", "300ms")
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ("allow_anyone = true", "adopt_untagged = true", 'market = "spot"',
                     'listen = ["127.0.0.1:1", "127.0.0.1:2"]', 'silence = "300ms"'):
            self.assertIn(line, done.stdout)
        self.assertEqual(self.run_cli("check-config", "--set", "nonsense").returncode, 2)
        self.assertEqual(self.run_cli("check-config", "--max-workers", "-1").returncode, 1)


if __name__ == "__main__":
    unittest.main()
