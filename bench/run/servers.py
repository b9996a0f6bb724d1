"""The programs that are measured: started, asked about themselves, and ended."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
QUICK_BOOT = ("pending=200ms..400ms", "boot=100ms..300ms", "service=50ms..100ms",
              "shutting_down=50ms")
START_LIMIT = 30  # seconds
PROCESSES_MAX = 200  # of workers; ec2sim's default


class Failed(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    """Asked of the kernel: for the Python broker a connection that says nothing is a launch."""
    wanted = f":{port:04X}"
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(local.endswith(wanted) and state == "0A"
               for _, local, _, state, *_ in map(str.split, lines))


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
        return listens(self.port)

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
        return self.result(done.stdout.splitlines()[-1])

    @staticmethod
    def result(line):
        return json.loads(line)

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

    def broker(self, sim, *settings, state=None, memory=None):
        """compute-broker serve, against `sim`, in `memory` bytes of address space."""
        port = free_port()
        state = state or tempfile.mkdtemp(prefix="state-", dir=self.place)
        command = [self.build / "compute-broker", "serve", "--state-dir", state, "--listen",
                   f"127.0.0.1:{port}", "--aws-endpoint", sim.url, "--aws-region", "us-east-1",
                   "--log-level", "warning", "--pool-default-image", "ami-0060337ebb6cf00ad"]
        for setting in settings:
            command += ["--set", setting]
        if memory:
            command = ["prlimit", f"--as={memory}", *command]
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
        command = self.prefix + [str(c) for c in (*command, *more)]
        return Sim(self.place, "ec2sim", command, port=port)

    def answerer(self, sim, workers):
        """Where `sim` has no process for each of its workers, one that answers for all of them."""
        return Answerer(sim) if workers > PROCESSES_MAX else contextlib.nullcontext()


class Sim(Server):
    """compute-broker ec2sim, and what it says of itself."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def asks(self, path):
        return json.load(urllib.request.urlopen(f"{self.url}/_sim/{path}"))

    def instances(self, state=None):
        return self.asks("instances" + (f"?state={state}" if state else ""))["instances"]

    def all_calls(self):
        return sum(tally["calls"] for tally in self.asks("counters").get("actions", {}).values())

    def calls_in(self, seconds):
        """How many calls come in so many seconds from now."""
        before = self.all_calls()
        time.sleep(seconds)
        return self.all_calls() - before


class Answerer:
    """bench/run/answerer.py, at the address of every instance that is running."""

    def __init__(self, sim):
        wait_for(lambda: all(i["address"] for i in sim.instances()), "addresses")
        self.process = subprocess.Popen([sys.executable, HERE / "answerer.py"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for instance in sim.instances():
            self.process.stdin.write(instance["address"] + "\n")
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


def ask(port, line, limit=120):
    with socket.create_connection(("127.0.0.1", port), limit) as s:
        s.sendall(line.encode() + b"\n")
        return s.makefile().readline().strip()


def warm_worker(server):
    """Waits until `server` hands a worker out; returns its address."""
    def address():
        answer = ask(server.port, "GET_WORKER")
        return answer if answer[:1].isdigit() else None
    return wait_for(address, f"{server.name}: a worker")
