"""What the daemon costs the machine it lives on: while it idles, while thousands wait, and on a
machine with little memory."""
import subprocess
import tempfile
import time

from rows import row
from servers import QUICK_BOOT, Failed, ask

SMALL = 256 * 2**20


class Crowd:
    """So many callers who wait, from the moment on at which all of them have asked."""

    def __init__(self, bench, port, callers):
        self.process = subprocess.Popen(
            [str(bench.bin / "bench-load"), "--port", str(port), "--clients", str(callers),
             "--processes", "2", "--sources", "20", "--answers-each", "1", "--announce",
             "--seconds", "90", "--warmup", "0"], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def answers(self):
        """Waits for them, and gives what the crowd has seen."""
        return self.process.communicate(timeout=95)[0].splitlines()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def waiting(bench, options):
    callers = 2000 if options.quick else options.callers
    seconds, rounds = (2, 2) if options.quick else (5, 5)
    each, used = [], []
    for _ in range(rounds):
        with bench.sim("pending=10m") as sim, bench.broker(sim, "wait_default=1h") as broker:
            ask(broker.port, "STATUS")
            before = broker.memory("RssAnon")
            with Crowd(bench, broker.port, callers):
                time.sleep(1)  # the last of them are taken in
                each.append((broker.memory("RssAnon") - before) / callers)
                cpu = broker.cpu_s()
                time.sleep(seconds)
                used.append((broker.cpu_s() - cpu) / seconds * 100)
    yield row("waiting", f"{callers} callers: memory each", each, "bytes", at_most=8192)
    yield row("waiting", f"{callers} callers: CPU", used, "% of a core", at_most=1)
    yield from small(bench, options, callers)


def small(bench, options, callers):
    """A broker that may have 256 MiB of address space, all of its code and libraries included."""
    rounds = 1 if options.quick else 5
    answered, resident = [], []
    for _ in range(rounds):
        with bench.sim(*QUICK_BOOT, "pending=6s") as sim, \
                bench.broker(sim, memory=SMALL) as broker:
            with Crowd(bench, broker.port, callers) as crowd:
                resident.append(broker.memory("VmRSS") / 2**20)
                answered.append(bench.result(crowd.answers())["answers"])
            if broker.process.poll() is not None:
                raise Failed(f"the broker ended in 256 MiB; see {broker.log}")
    yield row("waiting", f"within 256 MiB, {callers} callers: answered", answered, "",
              at_least=callers)
    yield row("waiting", f"within 256 MiB, {callers} callers: RSS", resident, "MiB")


def idle(bench, options):
    seconds, rounds = (4, 2) if options.quick else (10, 5)
    with bench.sim(*QUICK_BOOT) as sim:
        seen = {"broker": [], "python": []}
        for _ in range(rounds):
            seen["broker"].append(idle_figures(bench.broker(sim), seconds))
            if options.baseline:
                seen["python"].append(idle_figures(bench.python(options.baseline, sim, 5), seconds))
        for name, runs in seen.items():
            goals = ((24, 8, 2, None) if name == "broker" else (None,) * 4) if runs else ()
            for (what, unit), goal in zip((("RSS", "MiB"), ("anonymous memory", "MiB"),
                                           ("wake-ups", "1/s"), ("CPU", "% of a core")), goals):
                yield row("idle", f"{name}: {what}", [run[what] for run in runs], unit,
                          at_most=goal)
        size = (bench.build / "compute-broker").stat().st_size
        yield row("idle", "broker: size of the program", size / 2**20, "MiB")
        yield from starts(bench, options, sim, rounds)


def idle_figures(server, seconds):
    with server:
        time.sleep(3)
        cpu, wakes = server.cpu_s(), server.wakeups()
        time.sleep(seconds)
        return {"RSS": server.memory("VmRSS") / 2**20,
                "anonymous memory": server.memory("RssAnon") / 2**20,
                "wake-ups": (server.wakeups() - wakes) / seconds,
                "CPU": (server.cpu_s() - cpu) / seconds * 100}


def starts(bench, options, sim, rounds):
    state = tempfile.mkdtemp(prefix="history-", dir=bench.place)
    subprocess.run([str(bench.bin / "bench-history"), state, "10000"], check=True)
    ours, theirs = [], []
    for _ in range(rounds):
        with bench.broker(sim, state=state) as broker:
            ours.append(broker.started_in * 1000)
        if options.baseline:
            with bench.python(options.baseline, sim, 5) as python:
                theirs.append(python.started_in * 1000)
    yield row("idle", "broker: start to serving, 10,000 workers of history", ours, "ms",
              at_most=100)
    if theirs:
        yield row("idle", "python: start to serving, no history", theirs, "ms")
