"""The programs that are measured: started, asked about themselves, and ended."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
START_LIMIT = 30  # seconds


class Failed(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(condition, what, limit=START_LIMIT):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.002)
    raise Failed(f"{what} did not happen within {limit} s")


class Server:
    """One process. `log` holds what it said."""

    def __init__(self, place, name, command, env=None, port=None):
        self.name, self.port = name, port
        self.log = pathlib.Path(tempfile.mkstemp(prefix=f"{name}-", suffix=".log", dir=place)[1])
        self.begun = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log,
                                            env=dict(os.environ, **KEYS, **(env or {})))
        if port:
            wait_for(self.accepts, f"{name}: serving on port {port}; see {self.log}: it")
        self.started_in = time.monotonic() - self.begun

    def accepts(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended by itself: {self.log.read_text()[-2000:]}")
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def tasks(self):
        return pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()

    def cpu_s(self):
        """Of all its threads, those that have ended included; in steps of 10 ms."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wakeups(self):
        return sum(self._number(t / "status", "voluntary_ctxt_switches") for t in self.tasks())

    def memory(self, field):
        """Bytes; VmRSS or RssAnon."""
        return 1024 * self._number(pathlib.Path(f"/proc/{self.process.pid}/status"), field)

    @staticmethod
    def _number(path, field):
        for line in path.read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise Failed(f"{path} has no {field}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Bench:
    """Where the programs are, and where their files go."""

    def __init__(self, build, out, realtime):
        self.build, self.bin, self.out = build, build / "bench", out
        self.prefix = ["chrt", "-r", "1"] if realtime else []
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=out))

    def clean(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def server(self, name, command, **more):
        return Server(self.place, name, self.prefix + [str(c) for c in command], **more)

    def json(self, program, *arguments):
        command = self.prefix + [str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: {done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def load(self, port, *arguments):
        return self.json("bench-load", "--port", port, *arguments)

    def limit(self):
        port = free_port()
        return self.server("limit", [self.bin / "bench-limit", port], port=port)

    def redis(self):
        port = free_port()
        return self.server("redis", ["redis-server", "--port", port, "--bind", "127.0.0.1",
                                     "--save", "", "--appendonly", "no", "--daemonize", "no"],
                           port=port)

    def broker(self, sim, *settings, state=None):
        """compute-broker serve, against `sim`."""
        port = free_port()
        state = state or tempfile.mkdtemp(prefix="state-", dir=self.place)
        command = [self.build / "compute-broker", "serve", "--state-dir", state, "--listen",
                   f"127.0.0.1:{port}", "--aws-endpoint", sim.url, "--aws-region", "us-east-1",
                   "--log-level", "warning", "--pool-default-image", "ami-0060337ebb6cf00ad"]
        for setting in settings:
            command += ["--set", setting]
        return self.server("broker", command, port=port)

    def python(self, path, sim, backlog):
        port = free_port()
        return self.server(f"python{backlog}",
                           ["python3", HERE / "python_broker.py", path, port, backlog], port=port,
                           env={"AWS_ENDPOINT_URL": sim.url})

    def sim(self, *settings, more=()):
        """compute-broker ec2sim, with its control endpoint."""
        port = free_port()
        command = [self.build / "compute-broker", "ec2sim", "--listen", f"127.0.0.1:{port}"]
        for setting in ("throttling=false", *settings):
            command += ["--set", setting]
        sim = self.server("ec2sim", command + list(more), port=port)
        sim.url = f"http://127.0.0.1:{port}"
        sim.asks = lambda path: json.load(urllib.request.urlopen(f"{sim.url}/_sim/{path}"))
        sim.calls = lambda: {action: tally["calls"] for action, tally in
                             sim.asks("counters").get("actions", {}).items()}
        return sim


def ask(port, line, limit=120):
    with socket.create_connection(("127.0.0.1", port), limit) as s:
        s.sendall(line.encode() + b"\n")
        return s.makefile().readline().strip()
