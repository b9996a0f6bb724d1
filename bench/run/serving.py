"""Workers that are there already: how many answers a second, and how soon, also under attack."""
import re
import subprocess
import sys

from rows import ratios, row
from servers import HERE, QUICK_BOOT, warm_worker


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
                warm_worker(server)
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
    for field, name, target in (("rate", "rate", {"at_least": 0.8}),
                                ("p99_us", "p99", {"at_most": 2}),
                                ("cpu_us", "CPU an answer", {"at_most": 2})):
        found = ratios(all_of("broker", field), all_of("limit", field))
        yield row("warm", f"{what}: {name}", found, "x", **(target if goal else {}))
    slowest = [max(r["max_us"], r["oldest_unfinished_us"]) / 1e6 for r in seen["broker"]]
    yield row("warm", f"broker, {clients} clients: slowest answer", slowest, "s", at_most=1)
    yield row("warm", f"broker, {clients} clients: fewest answers of a client",
              all_of("broker", "least_per_client"), "", at_least=1)
    for name in seen:
        if name.startswith("python"):
            yield row("warm", f"broker / {name}, {clients} clients: rate",
                      ratios(all_of("broker", "rate"), all_of(name, "rate")), "x",
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
        address = warm_worker(broker)
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
                    yield row("kept", f"{what} / redis", ratios(values, rates["redis PING"]), "x",
                              at_least=goal)


# --- hostile: what others notice of an attack -------------------------------------------------

ATTACKS = ("silent", "slow", "long-lines", "never-reads", "resets")


class Attack:
    """bench/run/attack.py against `port`, from its first blow to the end of the block."""

    def __init__(self, port, kind):
        self.process = subprocess.Popen([sys.executable, HERE / "attack.py", str(port), kind],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # it is in full swing

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


def hostile(bench, options):
    # Of 1,000 answers p99 is the tenth slowest. Of few, in few rounds, it is what the scheduler did
    # once: on two cores the attacker takes turns with those who are measured.
    seconds, rounds = (1, 5) if options.quick else (3, 5)
    with bench.sim(*QUICK_BOOT) as sim, bench.broker(sim, "idle_timeout=1h") as broker:
        warm_worker(broker)

        def p99():
            seen = bench.load(broker.port, "--rate", 1000, "--clients", 64, "--seconds", seconds)
            return seen["p99_us"] if not seen["errors"] else float("inf")

        calm = {kind: [] for kind in ATTACKS}
        hit = {kind: [] for kind in ATTACKS}
        for _ in range(rounds):
            for kind in ATTACKS:
                calm[kind].append(p99())
                with Attack(broker.port, kind):
                    hit[kind].append(p99())
        yield row("hostile", "nobody attacks: p99", sum(calm.values(), []), "us")
        for kind in ATTACKS:
            yield row("hostile", f"{kind}: p99 of others", hit[kind], "us")
            yield row("hostile", f"{kind}: p99 of others / unloaded", ratios(hit[kind], calm[kind]),
                      "x", at_most=2)
        yield row("hostile", "RSS after all of it", broker.memory("VmRSS") / 2**20, "MiB",
                  at_most=64)
