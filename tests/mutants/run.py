#!/usr/bin/env python3
"""Mutants: mistakes that somebody could make, and who must find each.

A mutant is a replacement of text in one source file (*.toml beside this file):

    [[mutant]]
    name = "ping-keeps-nothing"
    what = "PING does not restart the idle clock"
    file = "src/core/broker_requests.cc"
    text = "workers.touch(*worker);"        # stands there exactly once
    with = ""
    rule = "5-no-kill-in-use"               # the simulation's rule that must break ...
    seeds = 10                              # ... within seeds 1..10
    # or: test = "BrokerTest.APingRestartsTheIdleClock"    (a unit test of core, driver or wire)
    # optional: args = ["--clients", "200"] for the simulation; default --clients 50, and rule
    # "digest" needs --twice

The seeds are about three times as many as were needed (--survey), and 10 where that was 3 or less.
The one that found a mutant last (found_at.json, written by --remember) is tried before them: a
change that makes other worlds of the seeds costs time, and no mutant.

The file is copied, changed and compiled; its object is linked before the unchanged library, whose
own version of that file then stays out. A mutant whose text is gone, or that does not compile,
fails by name. Nothing in the source tree is touched.

    tests/mutants/run.py BUILD_DIR [NAME ...] [--jobs N] [--list] [--survey SEEDS] [--remember]

--survey says for each simulation mutant the first seed that finds it, whatever its limit.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FOUND_AT = HERE / "found_at.json"
LIBRARY = "mutant_subjects"
PROGRAMS = {"rule": "mutant-sim", "test": "mutant-unit"}
TIME_LIMIT = 300  # seconds for one step of one mutant


class Failed(Exception):
    pass


def load():
    found = []
    for path in sorted(HERE.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", []):
            entry["from"] = path.name
            check_entry(entry)
            found.append(entry)
    names = [m["name"] for m in found]
    for name in set(names):
        if names.count(name) > 1:
            raise SystemExit(f"two mutants are called {name}")
    seeds = found_at()
    for mutant in found:
        if mutant["name"] in seeds:
            mutant["found_at"] = seeds[mutant["name"]]
    return found


def check_entry(entry):
    for key in ("name", "what", "file", "text", "with"):
        if key not in entry:
            raise SystemExit(f"{entry['from']}: a mutant lacks {key}: {entry}")
    if ("rule" in entry) == ("test" in entry):
        raise SystemExit(f"{entry['from']}: {entry['name']} needs either rule and seeds, or test")
    if "rule" in entry and "seeds" not in entry:
        raise SystemExit(f"{entry['from']}: {entry['name']} lacks seeds")
    unknown = set(entry) - {"name", "what", "file", "text", "with", "rule", "seeds", "test", "args",
                            "from"}
    if unknown:
        raise SystemExit(f"{entry['from']}: {entry['name']} has unknown keys {sorted(unknown)}")


class Build:
    """What the build would do for one source and for each of the two programs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.compiles = {}
        commands = json.loads((self.folder / "compile_commands.json").read_text())
        for command in commands:
            if f"{LIBRARY}.dir" in command.get("output", command["command"]):
                self.compiles[os.path.realpath(command["file"])] = command
        if not self.compiles:
            raise SystemExit(f"{self.folder} has no target {LIBRARY}; configure it with the tests")
        self.links = {kind: self.link_of(name) for kind, name in PROGRAMS.items()}

    def link_of(self, name):
        out = subprocess.run(["ninja", "-C", self.folder, "-t", "commands", name],
                             check=True, capture_output=True, text=True).stdout.splitlines()
        words = shlex.split(out[-1])
        while words and words[0] in (":", "&&"):
            words.pop(0)
        while words and words[-1] in (":", "&&"):
            words.pop()
        return words


def mutate(mutant, folder):
    source = ROOT / mutant["file"]
    if not source.is_file():
        raise Failed(f"{mutant['file']} is gone")
    before = source.read_text(encoding="utf-8")
    count = before.count(mutant["text"])
    if count != 1:
        raise Failed(f"its text stands {count} times in {mutant['file']}, not once")
    copy = folder / source.name
    copy.write_text(before.replace(mutant["text"], mutant["with"]), encoding="utf-8")
    return source, copy


def run(words, where, what):
    try:
        done = subprocess.run(words, cwd=where, capture_output=True, text=True, errors="replace",
                              timeout=TIME_LIMIT,
                              check=False)
    except subprocess.TimeoutExpired:
        raise Failed(f"{what} took longer than {TIME_LIMIT} s") from None
    return done.returncode, done.stdout + done.stderr


def compiled(build, source, copy):
    command = build.compiles.get(os.path.realpath(source))
    if command is None:
        raise Failed(f"{source.relative_to(ROOT)} is not part of {LIBRARY}")
    words = shlex.split(command["command"])
    place = words.index("-o")
    words[place + 1] = str(copy.with_suffix(".o"))
    words[words.index("-c") + 1] = str(copy)
    words = [w for w in words if w != "-Werror"] + ["-w"]
    code, text = run(words, command["directory"], "the compiler")
    if code != 0:
        raise Failed("it does not compile: " + text.strip()[-400:])
    return copy.with_suffix(".o")


def linked(build, kind, mutated, folder):
    words = list(build.links[kind])
    place = words.index("-o")
    program = folder / words[place + 1].split("/")[-1]
    words[place + 1] = str(program)
    words.insert(place, str(mutated))
    code, text = run(words, build.folder, "the linker")
    if code != 0:
        raise Failed("it does not link: " + text.strip()[-400:])
    return program


def judged(mutant, program, survey):
    """What found it; raises Failed where nothing did."""
    if "test" in mutant:
        code, text = run([program, f"--gtest_filter={mutant['test']}"], ROOT, "the test")
        if "[==========] Running 0 tests" in text:
            raise Failed(f"there is no test {mutant['test']}")
        if code == 0:
            raise Failed(f"{mutant['test']} passes all the same")
        return mutant["test"]
    last = survey or mutant["seeds"]
    ranges = [(1, last)]
    if not survey and mutant.get("found_at", last + 1) <= last:
        ranges.insert(0, (mutant["found_at"], mutant["found_at"]))
    for first, end in ranges:
        words = [program, "--seeds", f"{first}..{end}", *mutant.get("args", ["--clients", "50"]),
                 "--expect", mutant["rule"]]
        code, text = run(words, ROOT, "the simulation")
        if code == 0:
            found = re.search(rf"seed (\d+) breaks rule {re.escape(mutant['rule'])}\n", text)
            mutant["found_at"] = int(found.group(1)) if found else first
            return f"{mutant['rule']}, seed {mutant['found_at']} of {last}"
    raise Failed(f"{mutant['rule']} holds for seeds 1..{last}: {text.strip()[-300:]}")


def remember(mutants):
    seeds = {m["name"]: m["found_at"] for m in mutants if "found_at" in m}
    FOUND_AT.write_text(json.dumps(seeds, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def found_at():
    return json.loads(FOUND_AT.read_text(encoding="utf-8")) if FOUND_AT.exists() else {}


def hunt(build, mutant, survey):
    folder = build.folder / "mutants" / mutant["name"]
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    kind = "rule" if "rule" in mutant else "test"
    program = None
    try:
        source, copy = mutate(mutant, folder)
        program = linked(build, kind, compiled(build, source, copy), folder)
        return mutant, judged(mutant, program, survey), None, time.monotonic() - begun
    except Failed as failure:
        return mutant, None, str(failure), time.monotonic() - begun
    finally:
        if program is not None:
            program.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--survey", type=int, default=0, metavar="SEEDS")
    parser.add_argument("--remember", action="store_true")
    options = parser.parse_args()
    every = mutants = load()
    unknown = set(options.names) - {m["name"] for m in mutants}
    if unknown:
        raise SystemExit(f"no mutant is called {', '.join(sorted(unknown))}")
    if options.names:
        mutants = [m for m in mutants if m["name"] in options.names]
    if options.list:
        for mutant in mutants:
            print(f"{mutant['name']:34} {mutant.get('rule') or mutant['test']}: {mutant['what']}")
        return 0
    build = Build(options.build)
    escaped = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = [pool.submit(hunt, build, m, options.survey) for m in mutants]
        for done in concurrent.futures.as_completed(work):
            mutant, found, failure, took = done.result()
            escaped += failure is not None
            verdict = found if failure is None else f"NOT FOUND: {failure}"
            print(f"{mutant['name']:34} {took:5.1f} s  {verdict}", flush=True)
    if options.remember:
        remember(every)
    print(f"{len(mutants) - escaped} of {len(mutants)} mutants found")
    return 1 if escaped or not mutants else 0


if __name__ == "__main__":
    sys.exit(main())
