"""What is measured. Each section yields Rows."""
import dataclasses
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

from servers import ask, wait_for

QUICK_BOOT = ("pending=200ms..400ms", "boot=100ms..300ms", "service=50ms..100ms",
              "shutting_down=50ms")
HOUR = 3600


@dataclasses.dataclass
class Row:
    section: str
    what: str
    value: float
    unit: str
    spread: float = 0.0      # half of (largest - smallest), in units of value
    target: str = ""         # as the table of docs/performance.md says
    met: bool | None = None


def row(section, what, values, unit, at_least=None, at_most=None):
    """The median of `values` and its spread, held against its target."""
    values = values if isinstance(values, list) else [values]
    middle = statistics.median(values)
    target, met = "", None
    if at_least is not None:
        target, met = f">= {at_least:g}", middle >= at_least
    if at_most is not None:
        target, met = f"<= {at_most:g}", middle <= at_most
    return Row(section, what, middle, unit, (max(values) - min(values)) / 2, target, met)


def ratio(over, under):
    return statistics.median(over) / max(statistics.median(under), 1e-9)


def warm_worker(bench, sim, server):
    """Waits until `server` hands a worker out; returns its address."""
    return wait_for(lambda: (lambda a: a if a[:1].isdigit() else None)(ask(server.port,
                                                                          "GET_WORKER")),
                    f"{server.name}: a worker")


# --- warm: a new connection each -------------------------------------------------------------

def warm(bench, options):
    seconds, rounds = (0.5, 3) if options.quick else (2, 5)
    with bench.sim(*QUICK_BOOT) as sim, bench.limit() as limit, bench.broker(sim) as broker:
        servers = [limit, broker]
        if options.baseline:
            servers += [bench.python(options.baseline, sim, 4096),
                        bench.python(options.baseline, sim, 5)]
        try:
            for server in servers[1:]:
                warm_worker(bench, sim, server)
            for clients in (1, 16, 128, 1024):
                yield from warm_at(bench, servers, clients, seconds, rounds)
        finally:
            for server in servers[2:]:
                server.stop()


def warm_at(bench, servers, clients, seconds, rounds):
    seen = {s.name: [] for s in servers}
    for _ in range(rounds):
        for server in servers:
            before = server.cpu_s()
            result = bench.load(server.port, "--clients", clients, "--seconds", seconds,
                                "--warmup", 0)
            result["cpu_us"] = (server.cpu_s() - before) * 1e6 / max(1, result["answers"])
            seen[server.name].append(result)

    def all_of(name, field):
        return [r[field] for r in seen[name]]

    for name in seen:
        what = f"{name}, {clients} clients"
        yield row("warm", f"{what}: answers", all_of(name, "rate"), "1/s")
        for part in ("p50_us", "p99_us", "p999_us"):
            yield row("warm", f"{what}: {part[:-3]}", all_of(name, part), "us")
        yield row("warm", f"{what}: server CPU an answer", all_of(name, "cpu_us"), "us")
        yield row("warm", f"{what}: errors", all_of(name, "errors"), "",
                  **({"at_most": 0} if name == "broker" else {}))
    goal = clients >= 16
    what = f"broker / limit, {clients} clients"
    yield row("warm", f"{what}: rate", ratio(all_of("broker", "rate"), all_of("limit", "rate")),
              "x", **({"at_least": 0.8} if goal else {}))
    yield row("warm", f"{what}: p99", ratio(all_of("broker", "p99_us"), all_of("limit", "p99_us")),
              "x", **({"at_most": 2} if goal else {}))
    yield row("warm", f"{what}: CPU an answer",
              ratio(all_of("broker", "cpu_us"), all_of("limit", "cpu_us")), "x", at_most=2)
    slowest = [max(r["max_us"], r["oldest_unfinished_us"]) / 1e6 for r in seen["broker"]]
    yield row("warm", f"broker, {clients} clients: slowest answer", slowest, "s", at_most=1)
    yield row("warm", f"broker, {clients} clients: fewest answers of a client",
              all_of("broker", "least_per_client"), "", at_least=1)
    for name in seen:
        if name.startswith("python"):
            yield row("warm", f"broker / {name}, {clients} clients: rate",
                      ratio(all_of("broker", "rate"), all_of(name, "rate")), "x",
                      **({"at_least": 3.3} if clients == 128 else {}))


# --- kept connections ------------------------------------------------------------------------

def redis_ping(bench, port, depth, seconds):
    requests = int(seconds * (40_000 if depth == 1 else 300_000))
    out = subprocess.run([*bench.prefix, "redis-benchmark", "-p", str(port), "-c", "50", "-P",
                          str(depth), "-n", str(requests), "-t", "ping_mbulk", "--csv"],
                         check=True, capture_output=True, text=True).stdout
    return float(re.search(r'"PING_MBULK","([\d.]+)"', out)[1])


def kept(bench, options):
    seconds, rounds = (0.5, 3) if options.quick else (2, 5)
    with bench.sim(*QUICK_BOOT) as sim, bench.redis() as redis, bench.broker(sim) as broker:
        address = warm_worker(bench, sim, broker)
        for depth, goal in ((1, 1.0), (16, 0.3)):
            rates = {"redis PING": [], "GET_WORKER": [], f"PING {address}": []}
            for _ in range(rounds):
                for line, values in rates.items():
                    if line == "redis PING":
                        values.append(redis_ping(bench, redis.port, depth, seconds))
                        continue
                    values.append(bench.load(broker.port, "--kept", "--hello", "HELLO 2",
                                             "--clients", 50, "--depth", depth, "--line", line,
                                             "--seconds", seconds)["rate"])
            for line, values in rates.items():
                what = f"{line.split(' 127')[0]}, 50 connections, depth {depth}"
                yield row("kept", what, values, "1/s")
                if line != "redis PING":
                    yield row("kept", f"{what} / redis", ratio(values, rates["redis PING"]), "x",
                              at_least=goal)


# --- cold ------------------------------------------------------------------------------------

def really_ready_ms(sim, address):
    of = [i for i in sim.asks("instances")["instances"] if i["address"] == address]
    return max(of[-1]["ready_wall_ms"], of[-1]["first_listed_ready_wall_ms"])


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def launches(bench, sim, server, count):
    """From really ready to the client's having the address, ms."""
    found = []
    for _ in range(count):
        result = bench.load(server.port, "--clients", 1, "--answers-each", 1, "--seconds", 60,
                            "--warmup", 0)
        address = result["samples"][0]
        found.append(result["first_answer_unix_ms"] - really_ready_ms(sim, address))
        ask(server.port, f"RELEASE {address}")
        wait_for(lambda: not [i for i in sim.asks("instances")["instances"]
                              if i["address"] == address and i["state"] != "terminated"], "its end")
    return found


def cold(bench, options):
    count = 20 if options.quick else 100
    with bench.sim(*QUICK_BOOT) as sim, bench.broker(sim, "launches_per_hour_max=1000") as broker:
        found = launches(bench, sim, broker, count)
    yield row("cold", f"overhead of {count} launches: p50", percentile(found, 0.5), "ms")
    yield row("cold", f"overhead of {count} launches: p99", percentile(found, 0.99), "ms",
              at_most=250)
    yield row("cold", f"overhead of {count} launches: smallest", min(found), "ms", at_least=-1)


# --- herd ------------------------------------------------------------------------------------

def herd(bench, options):
    for callers in (1, 50, 1000) if options.quick else (1, 50, 1000, 10_000):
        # Long enough for all of them to be connected: a crowd larger than the kernel's accept queue
        # needs a second try of a second.
        with bench.sim(*QUICK_BOOT, "pending=4s") as sim, bench.broker(sim) as broker:
            result = bench.load(broker.port, "--clients", callers, "--answers-each", 1,
                                "--seconds", 60, "--warmup", 0, "--sources",
                                max(1, callers // 1000), "--processes", 1 + callers // 6000)
            made = len(sim.asks("instances")["instances"])  # calls include rehearsals
            late = result["last_answer_unix_ms"] - really_ready_ms(sim, result["samples"][0])
        yield row("herd", f"{callers} callers: answered", result["answers"], "", at_least=callers)
        yield row("herd", f"{callers} callers: launches", made, "", at_most=1)
        yield row("herd", f"{callers} callers: ready to last answer", late, "ms",
                  **({"at_most": 500} if callers == 10_000 else {}))


# --- waiting and idle ------------------------------------------------------------------------

def waiting(bench, options):
    callers = 2000 if options.quick else options.callers
    seconds = 3 if options.quick else 10
    with bench.sim("pending=10m") as sim, bench.broker(sim, "wait_default=1h") as broker:
        ask(broker.port, "STATUS")
        before = broker.memory("RssAnon")
        load = subprocess.Popen([str(bench.bin / "bench-load"), "--port", str(broker.port),
                                 "--clients", str(callers), "--processes", "2", "--sources", "20",
                                 "--answers-each", "1", "--announce", "--seconds", "90"],
                                stdout=subprocess.PIPE, text=True)
        try:
            load.stdout.readline()  # every caller has asked
            time.sleep(1)           # the last of them are taken in
            each = (broker.memory("RssAnon") - before) / callers
            cpu = broker.cpu_s()
            time.sleep(seconds)
            used = (broker.cpu_s() - cpu) / seconds * 100
        finally:
            load.terminate()
            load.wait()
    yield row("waiting", f"{callers} callers: memory each", each, "bytes", at_most=8192)
    yield row("waiting", f"{callers} callers: CPU", used, "% of a core", at_most=1)


def idle(bench, options):
    seconds, rounds = (5, 3) if options.quick else (20, 5)
    with bench.sim(*QUICK_BOOT) as sim:
        with bench.broker(sim) as broker:
            time.sleep(3)
            cpu, wakes = broker.cpu_s(), broker.wakeups()
            time.sleep(seconds)
            cpu, wakes = broker.cpu_s() - cpu, broker.wakeups() - wakes
            yield row("idle", "RSS", broker.memory("VmRSS") / 2**20, "MiB", at_most=24)
            yield row("idle", "anonymous memory", broker.memory("RssAnon") / 2**20, "MiB",
                      at_most=8)
        yield row("idle", "wake-ups", wakes / seconds, "1/s", at_most=2)
        yield row("idle", "CPU", cpu / seconds * 100, "% of a core")
        yield row("idle", "binary", (bench.build / "compute-broker").stat().st_size / 2**20, "MiB")
        state = tempfile.mkdtemp(prefix="history-", dir=bench.place)
        subprocess.run([str(bench.bin / "bench-history"), state, "10000"], check=True)
        starts = []
        for _ in range(rounds):
            with bench.broker(sim, state=state) as broker:
                starts.append(broker.started_in * 1000)
        yield row("idle", "start to serving, 10,000 workers of history", starts, "ms", at_most=100)
        if options.baseline:
            with bench.python(options.baseline, sim, 5) as python:
                yield row("idle", "python: RSS", python.memory("VmRSS") / 2**20, "MiB")
                yield row("idle", "python: start to serving", python.started_in * 1000, "ms")


def cloud_calls(bench, options):
    seconds = 30 if options.quick else 120  # a listing every 30 s is all there is
    with bench.sim(*QUICK_BOOT) as sim, bench.broker(sim) as broker:
        def calls_an_hour():
            time.sleep(3)
            before = sum(sim.calls().values())
            time.sleep(seconds)
            return (sum(sim.calls().values()) - before) / seconds * HOUR

        if not options.quick:
            yield row("cloud calls", "no worker, no caller", calls_an_hour(), "1/h")
        warm_worker(bench, sim, broker)
        yield row("cloud calls", "1 worker, no caller", calls_an_hour(), "1/h")
        for callers in (1000,) if options.quick else (100, 1000):
            load = subprocess.Popen([str(bench.bin / "bench-load"), "--port", str(broker.port),
                                     "--clients", str(callers), "--seconds", str(seconds + 5)],
                                    stdout=subprocess.DEVNULL)
            yield row("cloud calls", f"1 worker, {callers} callers", calls_an_hour(), "1/h")
            load.wait()


# --- inner -----------------------------------------------------------------------------------

def durable(bench, options):
    place = tempfile.mkdtemp(prefix="durable-", dir=bench.place)
    for concurrent in (1, 128):
        r = bench.json("bench-durable", f"{place}/{concurrent}", concurrent,
                       3 if options.quick else 5)
        what = f"{concurrent} at once"
        yield row("durable", f"{what}: append + fdatasync", r["raw_per_s"], "1/s")
        yield row("durable", f"{what}: decisions recorded", r["decisions_per_s"], "1/s")
        yield row("durable", f"{what}: recorded / raw", r["ratio"], "x",
                  **({"at_least": 8} if concurrent == 128 else {}))
        yield row("durable", f"{what}: decisions taken and recorded", r["whole_per_s"], "1/s")


OPERATIONS = ("get_worker", "ping", "probe_answered", "timer_and_probe")


def instructions(bench, workers, operation):
    out = pathlib.Path(tempfile.mktemp(prefix="callgrind-", dir=bench.place))
    done = subprocess.run([*bench.prefix, "valgrind", "--tool=callgrind", "--instr-atstart=no",
                           f"--callgrind-out-file={out}", str(bench.bin / "bench-growth"),
                           str(workers), "5000", operation], check=True, capture_output=True,
                          text=True)
    steps = int(re.search(r'"steps":(\d+)', done.stdout)[1])
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1]) / steps


def growth(bench, options):
    sizes = (10, 1000, 100_000)
    times = {n: [bench.json("bench-growth", n, 20_000 if options.quick else 100_000)
                 for _ in range(3 if options.quick else 5)] for n in sizes}
    for operation in OPERATIONS:
        counted = {n: instructions(bench, n, operation) for n in (10, 100_000)}
        for n in counted:
            yield row("growth", f"{operation}, {n:,} workers: instructions", counted[n], "")
        yield row("growth", f"{operation}: instructions 100,000 / 10",
                  counted[100_000] / counted[10], "x", at_most=6)
        taken = {n: [t[f"{operation}_ns"] for t in times[n]] for n in sizes}
        for n in sizes:
            yield row("growth", f"{operation}, {n:,} workers: time", taken[n], "ns")
        yield row("growth", f"{operation}: time 100,000 / 10", ratio(taken[100_000], taken[10]),
                  "x", at_most=30)
    memory = {n: times[n][0]["bytes_per_worker"] for n in sizes}
    for n in sizes:
        yield row("growth", f"memory of a worker, of {n:,}", memory[n], "bytes")
    yield row("growth", "memory of a worker: largest / smallest",
              max(memory.values()) / min(memory.values()), "x", at_most=1.2)


def parsing(bench, options):
    r = bench.json("bench-parse", 1000, 21 if options.quick else 101)
    yield row("parsing", "pugixml alone", r["bare_mb_s"], "MB/s")
    yield row("parsing", "listing read", r["ours_mb_s"], "MB/s")
    yield row("parsing", "listing / pugixml", r["ratio"], "x", at_least=0.5)
    yield row("parsing", "allocations an instance", r["our_allocations"] / r["instances"], "")


ALL = {f.__name__: f for f in (warm, kept, cold, herd, waiting, idle, cloud_calls, durable, growth,
                               parsing)}
