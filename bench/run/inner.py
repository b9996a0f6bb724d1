"""The pieces without sockets: durable decisions, growth, parsing."""
import pathlib
import re
import subprocess
import tempfile

from rows import ratios, row


def durable(bench, options):
    place = tempfile.mkdtemp(prefix="durable-", dir=bench.place)
    for concurrent in (1, 128):
        r = bench.json("bench-durable", f"{place}/{concurrent}", concurrent,
                       3 if options.quick else 7)
        what = f"{concurrent} at once"
        goal = 8 if concurrent == 128 else None
        yield row("durable", f"{what}: append + fdatasync", r["raw_per_s"], "1/s")
        yield row("durable", f"{what}: launches recorded", r["launches_per_s"], "1/s")
        # One commit is for all of a batch, so that this grows with the batch on a slow disk; on a fast
        # one what a launch costs beside the disk sets its limit, which has a target of its own.
        yield row("durable", f"{what}: launches recorded / raw",
                  ratios(r["launches_per_s"], r["raw_per_s"]), "x", at_least=goal)
        beside = [1e6 / ours - 2e6 / (concurrent * raw)  # of two commits a batch
                  for ours, raw in zip(r["launches_per_s"], r["raw_per_s"])]
        yield row("durable", f"{what}: a launch beside the disk", beside, "us",
                  at_most=30 if goal else None)
        twice = [2 * rate for rate in r["launches_per_s"]]
        yield row("durable", f"{what}: decisions recorded / raw", ratios(twice, r["raw_per_s"]),
                  "x", at_least=goal)
        yield row("durable", f"{what}: launches decided and recorded", r["whole_per_s"], "1/s")


WORKERS = (10, 1000, 100_000)
CALLERS = LEASES = (10, 1000, 100_000, 1_000_000)
PACKED = (10, 1000, 100_000)
POOLS = (2, 10, 128, 1000)
OPERATIONS = ("get_worker", "ping", "probe_answered", "timer_and_probe")
OF_CALLERS = ("ask_and_hang_up",)
OF_LEASES = ("give_back_and_take", "ping", "lose_and_resume")
OF_POOLS = ("get_worker", "ask_and_hang_up", "launch_fails_and_is_asked_for_again")


def instructions(bench, kind, many, operation):
    out = pathlib.Path(tempfile.mktemp(prefix="callgrind-", dir=bench.place))
    done = subprocess.run([*bench.prefix, "valgrind", "--tool=callgrind", "--instr-atstart=no",
                           f"--callgrind-out-file={out}", str(bench.bin / "bench-growth"), kind,
                           str(many), "5000", operation], check=True, capture_output=True,
                          text=True)
    steps = int(re.search(r'"steps":(\d+)', done.stdout)[1])
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1]) / steps


def growth(bench, options):
    some = OPERATIONS[::3] if options.quick else OPERATIONS
    yield from growth_of(bench, options, "workers", WORKERS, some)
    most = slice(-1) if options.quick else slice(None)
    yield from growth_of(bench, options, "callers", CALLERS[most], OF_CALLERS)
    yield from growth_of(bench, options, "leases", LEASES[most], OF_LEASES, bytes_max=400)
    yield from growth_of(bench, options, "packed", PACKED[most], OF_LEASES[:1])
    yield from growth_of(bench, options, "pools", POOLS, OF_POOLS)


def growth_of(bench, options, kind, sizes, operations, bytes_max=None):
    rounds = 3 if options.quick else 5
    steps = 20_000 if options.quick else 100_000
    seen = {n: [] for n in sizes}
    for _ in range(rounds):
        for n in sizes:
            seen[n].append(bench.json("bench-growth", kind, n, steps))
    for operation in operations:
        few, many = sizes[0], min(sizes[-1], 100_000)  # callgrind is fifty times slower
        counted = {n: instructions(bench, kind, n, operation) for n in (few, many)}
        for n, count in counted.items():
            yield row("growth", f"{operation}, {n:,} {kind}: instructions", count, "")
        yield row("growth", f"{operation}: instructions {many:,} / {few:,} {kind}",
                  counted[many] / counted[few], "x", at_most=6)
        taken = {n: [run[f"{operation}_ns"] for run in seen[n]] for n in sizes}
        for n in sizes:
            yield row("growth", f"{operation}, {n:,} {kind}: time", taken[n], "ns")
        yield row("growth", f"{operation}: time {sizes[-1]:,} / {few:,} {kind}",
                  ratios(taken[sizes[-1]], taken[few]), "x", at_most=30)
    memory = {n: [run["bytes_each"] for run in seen[n]] for n in sizes}
    for n in sizes:
        yield row("growth", f"memory of one of {n:,} {kind}", memory[n], "bytes",
                  at_most=bytes_max)
    spans = [max(run) / min(run) for run in zip(*memory.values())]
    yield row("growth", f"memory of one of the {kind}: largest / smallest", spans, "x",
              at_most=1.2)


def parsing(bench, options):
    r = bench.json("bench-parse", 1000, 11 if options.quick else 25)
    yield row("parsing", "pugixml alone", r["bare_mb_s"], "MB/s")
    yield row("parsing", "listing read", r["ours_mb_s"], "MB/s")
    yield row("parsing", "listing / pugixml", ratios(r["ours_mb_s"], r["bare_mb_s"]), "x",
              at_least=0.5)
    yield row("parsing", "allocations an instance", r["our_allocations"] / r["instances"], "")
