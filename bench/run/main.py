#!/usr/bin/env python3
"""Measures everything that scripts/bench has built, and says what reaches its target."""
import argparse
import os
import pathlib
import platform
import subprocess
import sys
import time

import report
import sections
from servers import QUICK_BOOT, Bench, Failed, warm_worker


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--baseline", type=pathlib.Path, metavar="PATH_TO_broker.py",
                        help="the Python broker to compare with; needs python3 with boto3")
    parser.add_argument("--callers", type=int, default=15_000, help="that wait at once [15000]")
    parser.add_argument("--only", nargs="+", choices=sections.ALL, metavar="SECTION",
                        help="of " + ", ".join(sections.ALL))
    parser.add_argument("--realtime", action="store_true",
                        help="run at real-time priority, on a machine that has other work")
    return parser.parse_args()


def facts(options):
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.processor())
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "load_before": os.getloadavg()[0], "quick": options.quick,
            "realtime": options.realtime, "command": " ".join(sys.argv[1:])}


def works(bench, baseline):
    """Whether `baseline` starts and hands a worker out here. If not, it is left out, and the
    broker's own rows are measured all the same."""
    try:
        with bench.sim(*QUICK_BOOT) as sim, bench.python(baseline, sim, 5) as python:
            warm_worker(python)
    except (Failed, OSError) as problem:
        print(f"baseline     left out: {problem}", flush=True)
        return False
    return True


def main():
    options = arguments()
    if options.baseline and not options.baseline.is_file():
        sys.exit(f"--baseline: there is no file {options.baseline}")
    out = options.build.parent / "bench"
    out.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.build.resolve(), out.resolve(), options.realtime)
    known, rows, broken = facts(options), [], False
    print("  ".join(f"{k}: {v}" for k, v in known.items()))
    if options.baseline and not works(bench, options.baseline):
        options.baseline, broken = None, True
    for name in options.only or sections.ALL:
        begun = time.monotonic()
        try:
            for row in sections.ALL[name](bench, options):
                rows.append(row)
                print(report.line(row), flush=True)
        except (Failed, OSError, LookupError, TypeError, subprocess.SubprocessError) as problem:
            broken = True
            print(f"{name:<12} could not be measured: {type(problem).__name__}: {problem}")
        print(f"-- {name}: {time.monotonic() - begun:.0f} s", flush=True)
        report.write_json(out / "results.json", known, rows)
    report.write_chart(out / "chart.svg", rows)
    missed = [r for r in rows if r.met is False]
    print(f"{len(rows)} figures, {len(missed)} of them miss their target; {out}/results.json, "
          f"{out}/chart.svg")
    if not broken:
        bench.clean()
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
