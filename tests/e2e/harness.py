"""Runs the real programs for the end-to-end tests: ec2sim, the broker, and clients of it.

Nothing here sleeps to wait for a thing: `until` polls for it and fails at a deadline. Every process
that is started is ended by its own id.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from kit.waiting import PATIENCE, free_port, until  # noqa: E402

BINARY = os.environ["COMPUTE_BROKER_BINARY"]
QUICK = {"pending": "200ms", "boot": "100ms", "service": "100ms", "shutting_down": "100ms",
         "throttling": "false"}


class Process:
    """A program with its output in a file, ended by its id."""

    def __init__(self, args, env, log):
        self.log = log
        self.out = open(log, "ab")
        self.popen = subprocess.Popen(args, env=env, stdin=subprocess.DEVNULL, stdout=self.out,
                                      stderr=subprocess.STDOUT)

    def kill(self, number=signal.SIGKILL):
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        code = self.popen.wait(timeout=PATIENCE)
        self.out.close()
        return code

    def alive(self):
        return self.popen.poll() is None

    def text(self):
        return pathlib.Path(self.log).read_text(errors="replace")


class Ec2Sim:
    def __init__(self, home, settings=None):
        self.port_file = home / "ec2.port"
        args = [BINARY, "ec2sim", "--listen", "127.0.0.1:0", "--port-file", str(self.port_file)]
        for key, value in {**QUICK, **(settings or {})}.items():
            args += ["--set", f"{key}={value}"]
        self.process = Process(args, clean_environment(), home / "ec2sim.log")
        until("ec2sim's port", lambda: self.port_file.exists() and self.port_file.read_text()
              or not self.process.alive() and self.fail())
        self.port = int(self.port_file.read_text())
        self.url = f"http://127.0.0.1:{self.port}"

    def fail(self):
        raise AssertionError("ec2sim ended: " + self.process.text())

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data=data,
                                         method="GET" if data is None else "POST")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def instances(self, *states):
        every = self.control("instances")
        every = every["instances"] if isinstance(every, dict) else every
        return [i for i in every if not states or i["state"] in states]

    def alive(self):
        return self.instances("pending", "running")


def clean_environment(**extra):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("AWS_", "COMPUTE_BROKER", "BOTO_"))
           and not k.lower().endswith("_proxy")}
    env["HOME"] = "/nonexistent"
    env["AWS_EC2_METADATA_DISABLED"] = "true"
    env.update(extra)
    return env


class Broker:
    """`compute-broker serve` with a state directory that outlives it."""

    def __init__(self, home, endpoint, settings="", pool="", aws="", flags=(), env=None):
        self.home = home
        self.flags = list(flags)
        self.env = clean_environment(**{"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test",
                                        "AWS_SECRET_ACCESS_KEY": "test",
                                        "AWS_REGION": "us-east-1", **(env or {})})
        self.config = home / "broker.toml"
        self.config.write_text(f"""
listen = ["127.0.0.1:0"]
state_dir = "{home / 'state'}"
{settings}
[aws]
{aws}
[pool.default]
image = "ami-0060337ebb6cf00ad"
security_groups = ["dserv-workers"]
{pool}
""")
        self.process = None
        self.runs = 0
        self.port = None

    def start(self):
        self.runs += 1
        port_file = self.home / f"broker{self.runs}.port"
        self.process = Process([BINARY, "serve", "--config", str(self.config), "--port-file",
                                str(port_file), *self.flags], self.env, self.home / "broker.log")
        until("the broker's port", lambda: port_file.exists() and port_file.read_text()
              or not self.process.alive() and self.fail())
        self.port = int(port_file.read_text())
        return self

    def fail(self):
        raise AssertionError("the broker ended: " + self.process.text())

    def kill(self, number=signal.SIGKILL):
        return self.process.kill(number)

    def log(self):
        return self.process.text()

    def connect(self, source=None):
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE,
                                        source_address=source)

    def ask(self, line):
        """One command of protocol 1 and its answer, without newline."""
        with self.connect() as s:
            s.sendall(line.encode() + b"\n")
            return read_all(s).decode().rstrip("\n")

    def cli(self, *args, **kwargs):
        env = clean_environment(COMPUTE_BROKER=f"127.0.0.1:{self.port}")
        return subprocess.run([BINARY, *args], env=env, capture_output=True, text=True,
                              timeout=PATIENCE, **kwargs)


def read_all(s):
    data = b""
    while chunk := s.recv(65536):
        data += chunk
    return data


def remote_eval(address, script, port=2560):
    """What dserv answers to a script: its length and text, both ways."""
    with socket.create_connection((address, port), timeout=PATIENCE) as s:
        body = script.encode()
        s.sendall(struct.pack(">I", len(body)) + body)
        header = read_exactly(s, 4)
        return read_exactly(s, struct.unpack(">I", header)[0]).decode()


def read_exactly(s, size):
    data = b""
    while len(data) < size:
        chunk = s.recv(size - len(data))
        if not chunk:
            raise AssertionError("the worker hung up")
        data += chunk
    return data


class Case(unittest.TestCase):
    """A test with a directory of its own, and everything ended after it."""

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="broker-e2e-"))
        self.processes = []
        self.addCleanup(self.end_everything)

    def end_everything(self):
        for thing in reversed(self.processes):
            process = thing if isinstance(thing, Process) else thing.process
            if process is not None and process.popen.poll() is None:
                process.kill()
        outcome = getattr(self, "_outcome", None)
        if outcome is not None and outcome.result is not None and any(
                case is self for case, _ in
                [*outcome.result.errors, *outcome.result.failures]):
            for log in sorted(self.home.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")
        shutil.rmtree(self.home, ignore_errors=True)

    def ec2sim(self, **settings):
        sim = Ec2Sim(self.home, settings)
        self.processes.append(sim)
        return sim

    def broker(self, endpoint, **kwargs):
        broker = Broker(self.home, endpoint, **kwargs)
        self.processes.append(broker)
        return broker.start()
