"""What the tests of the command line share: a broker that plays a script, and how commands are run.
The binary is the first argument of the test's program."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BINARY = sys.argv.pop(1)
PATIENCE = 60
HELLO = ("HELLO 2", "OK compute-broker 1 protocol 2")
NO_LEASES = "ERROR: Bad request: only protocol 2 has a greeting; say HELLO 2"
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
                for beginning, answer in [*self.rules, ("HELLO 3", NO_LEASES)]:
                    if line.startswith(beginning):
                        if answer is not None:
                            stream.write(answer + "\n")
                            stream.flush()
                        break

    def close(self):
        self.door.shutdown(socket.SHUT_RDWR)
        self.door.close()


def environment(broker=None, **extra):
    """That of a person who has set up nothing yet."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("COMPUTE_BROKER", "AWS_")) and k != "NO_COLOR"}
    env |= {"TERM": "xterm", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
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

    def run_cli(self, *args, broker=None, env=None, **kwargs):
        return subprocess.run([BINARY, *args], env=environment(broker, **(env or {})),
                              capture_output=True, text=True, timeout=PATIENCE, **kwargs)

    def scratch(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        return pathlib.Path(directory.name)
