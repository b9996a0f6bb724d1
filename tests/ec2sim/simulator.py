"""Runs ec2sim for a test, and asks it things.

Nothing sleeps to wait for a thing: `until` polls for it and fails at a deadline. Every process that
is started is ended by its own id.
"""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from kit.waiting import PATIENCE, until  # noqa: E402

QUICK = {"pending": "100ms", "boot": "50ms", "service": "50ms", "shutting_down": "50ms",
         "throttling": "false"}
LAUNCH = {"ImageId": "ami-0060337ebb6cf00ad", "InstanceType": "c7i.16xlarge", "MinCount": 1,
          "MaxCount": 1}


class Simulator:
    def __init__(self, *flags, settings=None, listen="127.0.0.1:0"):
        self.folder = tempfile.TemporaryDirectory(prefix="ec2sim-")
        port_file = pathlib.Path(self.folder.name, "port")
        args = [os.environ["EC2SIM_BINARY"], "ec2sim", "--listen", listen,
                "--port-file", str(port_file), *flags]
        for name, value in {**QUICK, **(settings or {})}.items():
            args += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
        self.log = pathlib.Path(self.folder.name, "log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until("the port", lambda: port_file.exists() or self.process.poll() is not None)
        if self.process.poll() is not None:
            said = self.log.read_text()
            self.folder.cleanup()
            raise AssertionError("ec2sim ended: " + said)
        self.port = int(port_file.read_text())
        self.url = f"http://127.0.0.1:{self.port}"

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=PATIENCE)
        self.folder.cleanup()
        return code

    def control(self, path, body=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port,
                                                           timeout=PATIENCE)) as connection:
            connection.request("GET" if body is None else "POST", f"/_sim/{path}",
                               None if body is None else json.dumps(body))
            answer = connection.getresponse()
            value = json.loads(answer.read())
        if answer.status != 200:
            raise AssertionError(f"{answer.status}: {value['error']}")
        return value

    def instance(self, instance_id):
        return self.control(f"instances/{instance_id}")

    def wait_ready(self, instance_id):
        return until(f"{instance_id} to be ready",
                     lambda: (i := self.instance(instance_id))["ready_us"] and i)

    def client(self, service="ec2", key="test", secret="test", token=None, **config):
        import boto3
        from botocore.config import Config
        config.setdefault("retries", {"total_max_attempts": 1})
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1",
                            aws_access_key_id=key, aws_secret_access_key=secret,
                            aws_session_token=token, config=Config(**config))


class SimulatorTest(unittest.TestCase):
    def simulator(self, *flags, **options):
        simulator = Simulator(*flags, **options)
        self.addCleanup(simulator.end)
        return simulator

    def launched(self, ec2, **more):
        return ec2.run_instances(**{**LAUNCH, **more})["Instances"][0]["InstanceId"]

    def code(self, call, *args, **kwargs):
        from botocore.exceptions import ClientError
        with self.assertRaises(ClientError) as caught:
            call(*args, **kwargs)
        return caught.exception.response["Error"]["Code"]


class Dserv:
    """A connection to a worker's message port."""

    def __init__(self, address, port=2560):
        self.socket = socket.create_connection((address, port), timeout=PATIENCE)

    def send(self, script):
        body = script.encode()
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            piece = self.socket.recv(size - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def receive(self):
        return self.exactly(struct.unpack(">I", self.exactly(4))[0]).decode()

    def ask(self, script):
        self.send(script)
        return self.receive()

    def close(self):
        self.socket.close()


def main():
    unittest.main(module=sys.modules["__main__"], verbosity=2)
