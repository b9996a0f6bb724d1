"""Workers that are not there yet: how soon after its readiness a client knows, how many launches
a crowd causes, and what all of it asks of EC2."""
import contextlib
import json
import subprocess
import urllib.parse
import urllib.request

from rows import percentile, row
from servers import QUICK_BOOT, ask, wait_for, warm_worker

HOUR = 3600
NO_LIMIT = "launches_per_hour_max=1000"
# It answers for a moment before it boots, as dserv does.
DSERV = ("service=600ms..1500ms", "early_answers=5ms..130ms")


def moments(sim, address):
    """Of the worker that was given out at `address`, as milliseconds of the wall clock: since when
    it runs and answers; and since when anybody can know, by a listing and by its second answer."""
    def whole():
        of = [i for i in sim.instances() if i["address"] == address]
        last = max(of, key=lambda i: i["accepted_wall_ms"])
        ready, listed = last["ready_wall_ms"], last["first_listed_ready_wall_ms"]
        return ready and listed and (max(ready, last["running_wall_ms"]),
                                     max(ready, listed, last["latest_answer_wall_ms"] or 0))
    # The Python broker gives an address that does not answer yet.
    return wait_for(whole, f"the readiness of {address}")


# --- cold ------------------------------------------------------------------------------------

def launch(bench, sim, server):
    """When the client had the address, from both moments on, ms. Nobody but the broker asks the
    worker, so that its latest answer is the one that made it ready."""
    result = bench.load(server.port, "--clients", 1, "--answers-each", 1, "--seconds", 60,
                        "--warmup", 0)
    address, known = result["samples"][0], result["first_answer_unix_ms"]
    ready, proven = moments(sim, address)
    ask(server.port, f"RELEASE {address}")
    wait_for(lambda: not [i for i in sim.instances()
                          if i["address"] == address and i["state"] != "terminated"], "its end")
    return known - ready, known - proven


def cold(bench, options):
    rounds, ours, theirs = (2, 8, 2) if options.quick else (5, 20, 4)
    with contextlib.ExitStack() as stack:
        sim = stack.enter_context(bench.sim(*QUICK_BOOT, *DSERV))
        servers = [(stack.enter_context(bench.broker(sim, NO_LIMIT)), sim, ours)]
        if options.baseline:
            # An EC2 of its own: it hands out whatever carries its tag.
            sim = stack.enter_context(bench.sim(*QUICK_BOOT, *DSERV))
            python = stack.enter_context(bench.python(options.baseline, sim, 5))
            servers.append((python, sim, theirs))
        runs = {server.name: [] for server, _, _ in servers}
        for _ in range(rounds):
            for server, of, count in servers:
                runs[server.name].append([launch(bench, of, server) for _ in range(count)])
    for name, found in runs.items():
        ours = name == "broker"
        yield from overheads(f"{name}, second answer and listed to address",
                             [[proven for _, proven in run] for run in found],
                             50 if ours else None)
        # An address that comes before its worker is ready is a fault, not a figure.
        yield from overheads(f"{name}, ready to address",
                             [[ready for ready, _ in run] for run in found],
                             smallest_at_least=-1 if ours else None)


def overheads(what, runs, p99_at_most=None, smallest_at_least=None):
    every = sum(runs, [])
    for part, name, goal in ((0.5, "p50", None), (0.99, "p99", p99_at_most)):
        figure = row("cold", f"{what}: {name} of {len(every)}", percentile(every, part), "ms",
                     at_most=goal)
        of_runs = [percentile(run, part) for run in runs]
        figure.spread, figure.runs = (max(of_runs) - min(of_runs)) / 2, len(of_runs)
        yield figure
    yield row("cold", f"{what}: smallest", min(every), "ms", at_least=smallest_at_least)


# --- herd ------------------------------------------------------------------------------------

def herd(bench, options):
    rounds = 2 if options.quick else 5
    crowds = (1, 1000) if options.quick else (1, 50, 1000, 10_000)
    seen = {}
    for _ in range(rounds):
        for callers in crowds:
            seen.setdefault(("broker", callers), []).append(one_herd(bench, callers))
            # More of them would launch hundreds of machines; a thread each of 10,000, in Python.
            if options.baseline and callers <= 50 and not options.quick:
                seen.setdefault(("python", callers), []).append(
                    one_herd(bench, callers, options.baseline))
    for (name, callers), runs in seen.items():
        what = f"{name}, {callers} callers"
        ours = name == "broker"
        answered, made, late = ([run[i] for run in runs] for i in range(3))
        yield row("herd", f"{what}: answered", answered, "", at_least=callers if ours else None)
        yield row("herd", f"{what}: launches", made, "", at_most=1 if ours else None)
        yield row("herd", f"{what}: ready to last answer", late, "ms",
                  at_most=500 if ours and callers == 10_000 else None)


def one_herd(bench, callers, python=None):
    # Long enough for all of them to be connected: a crowd larger than the kernel's accept queue
    # needs a second try of a second.
    with bench.sim(*QUICK_BOOT, "pending=4s") as sim, \
            (bench.python(python, sim, 4096) if python else bench.broker(sim)) as server:
        result = bench.load(server.port, "--clients", callers, "--answers-each", 1, "--seconds", 60,
                            "--warmup", 0, "--sources", max(1, callers // 1000),
                            "--processes", 1 + callers // 6000)
        made = len(sim.instances())  # calls include rehearsals
        late = result["last_answer_unix_ms"] - moments(sim, result["samples"][0])[1]
        return result["answers"], made, late


# --- calls of EC2 ----------------------------------------------------------------------------

OUR_TAGS = {"Name": "dserv-worker", "compute-broker": "default", "compute-broker-pool": "default"}


def launch_many(sim, count):
    """Instances that the broker adopts, launched in one call. The simulator checks no signature."""
    form = {"Action": "RunInstances", "Version": "2016-11-15", "ImageId": "ami-0060337ebb6cf00ad",
            "InstanceType": "c7i.16xlarge", "MinCount": count, "MaxCount": count,
            "TagSpecification.1.ResourceType": "instance"}
    for number, (key, value) in enumerate(OUR_TAGS.items(), 1):
        form[f"TagSpecification.1.Tag.{number}.Key"] = key
        form[f"TagSpecification.1.Tag.{number}.Value"] = value
    scope = "Credential=test/20260101/us-east-1/ec2/aws4_request"
    urllib.request.urlopen(urllib.request.Request(
        sim.url, urllib.parse.urlencode(form).encode(),
        {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"})).read()


def calls_an_hour(sim, seconds):
    return sim.calls_in(seconds) / seconds * HOUR


def loaded(bench, port, callers, seconds):
    """A closed loop of so many callers for the time of the block."""
    return subprocess.Popen(
        [str(bench.bin / "bench-load"), "--port", str(port), "--clients", str(callers),
         "--seconds", str(seconds), "--sources", "10", "--processes", str(1 + callers // 6000)],
        stdout=subprocess.DEVNULL)


def cloud_calls(bench, options):
    window, rounds = (4, 2) if options.quick else (4, 5)
    crowds = (0, 1000) if options.quick else (0, 1000, 10_000)
    listing = 2  # seconds, so that a window holds some; the default is 30
    for workers in (1000,) if options.quick else (0, 1, 1000):
        more = ["verify_signatures=false", "shutting_down=100ms"]
        flags = ["--no-worker-processes"] if workers == 1000 else []
        with bench.sim(*QUICK_BOOT, *more, more=flags) as sim:
            if workers == 1000:
                launch_many(sim, workers)
            with bench.answerer(sim, workers), \
                    bench.broker(sim, f"listing_slow={listing}s", "max_workers=1001",
                                 "idle_timeout=1h", "wait_default=1h") as broker:
                if workers:
                    warm_worker(broker)
                    wait_for(lambda w=workers, b=broker: known_workers(b) == w, "all the workers")
                # Without workers, callers would launch one.
                for callers in crowds if workers else (0,):
                    found = with_callers(bench, sim, broker, callers, window, rounds)
                    yield row("cloud calls", f"{workers} workers, {callers} callers, a listing "
                              f"every {listing} s", found, "1/h")
    if options.quick:
        return
    with bench.sim(*QUICK_BOOT) as sim, bench.broker(sim) as broker:
        warm_worker(broker)
        sim.calls_in(3)
        yield row("cloud calls", "1 worker, as configured by default", calls_an_hour(sim, 60),
                  "1/h")
    if options.baseline:
        yield from python_calls(bench, options, window, rounds)


def with_callers(bench, sim, broker, callers, window, rounds):
    crowd = loaded(bench, broker.port, callers, window * rounds + 4) if callers else None
    sim.calls_in(3)
    found = [calls_an_hour(sim, window) for _ in range(rounds)]
    if crowd:
        crowd.wait()
    return found


def known_workers(broker):
    return len(json.loads(ask(broker.port, "STATUS")))


def python_calls(bench, options, window, rounds):
    """It asks EC2 nothing while a worker is there, and so never hears of its end."""
    with bench.sim(*QUICK_BOOT) as sim, bench.python(options.baseline, sim, 4096) as python:
        warm_worker(python)
        yield row("cloud calls", "python: 1 worker, 128 callers",
                  with_callers(bench, sim, python, 128, window, rounds), "1/h")
    for callers in (1, 50):
        with bench.sim(*QUICK_BOOT) as sim, bench.python(options.baseline, sim, 4096) as python:
            before = sim.all_calls()
            bench.load(python.port, "--clients", callers, "--answers-each", 1, "--seconds", 60,
                       "--warmup", 0)
            yield row("cloud calls", f"python: no worker, {callers} callers at once",
                      sim.all_calls() - before, "calls")
        with bench.sim(*QUICK_BOOT) as sim, bench.broker(sim) as broker:
            sim.calls_in(2)
            before = sim.all_calls()
            bench.load(broker.port, "--clients", callers, "--answers-each", 1, "--seconds", 60,
                       "--warmup", 0)
            yield row("cloud calls", f"broker: no worker, {callers} callers at once",
                      sim.all_calls() - before, "calls")
