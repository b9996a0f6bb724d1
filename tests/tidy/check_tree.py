#!/usr/bin/env python3
"""Checks what a compiler does not: that includes follow the arrows between the rooms, that
libraries are named only where they may be, and that files keep to their size."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Which rooms a room may include. Tests of a room keep to the same arrows.
ARROWS = {
    "base": set(),
    "core": {"base"},
    "wire": {"core", "base"},
    "port": {"core", "base"},
    "driver": {"port", "core", "base"},
    "io": {"driver", "port", "wire", "core", "base"},
    "ec2sim": {"wire", "base"},
    "sim": {"driver", "port", "wire", "core", "base"},
    "app": {"io", "ec2sim", "driver", "port", "wire", "core", "base"},
}
# The floors inside a room: which of its sub-rooms a sub-room may include. What lies in the room's own
# folder puts them together and may use them all; a room that is not named here has no floors yet, but
# what is in it lies in one of its sub-rooms.
_STEP = {"model", "step", "advice"}
FLOORS = {
    "core": {
        "model": set(),
        "advice": {"model"},
        "step": {"model"},
        "workers": _STEP,
        "demand": _STEP,
        "launch": _STEP | {"workers", "demand"},
        "watch": _STEP | {"workers", "demand", "launch"},
    },
    "io": {
        "net": set(),
        "clock": {"net"},
        "loop": {"clock"},
        "text": {"net", "clock"},
        "aws": {"net", "clock"},
        "store": {"net", "clock"},
        "probe": {"net", "clock"},
    },
}
SUB_ROOMS = {
    "app": {"serve", "client", "config", "calendar"},
    "ec2sim": {"api", "calls", "model", "settings", "workers", "control"},
    "sim": {"world", "cloud", "clients", "faults", "checkers", "run"},
} | {room: set(floors) for room, floors in FLOORS.items()}
MAX_SOURCES = 18  # in a folder, its headers and tests not counted
ONE_FOR_EACH = {"src/sim/checkers"}  # rules: a list, in which each is found by its name
# Outside headers by their first directory or name, and the rooms that may name them.
LIBRARIES = {
    r"boost/": {"io", "ec2sim", "app"},
    r"curl/": {"io"},
    r"sqlite3\.h": {"io"},
    r"toml\+\+/|CLI/|date/": {"app"},
    r"systemd/": {"io", "app"},
    r"openssl/": {"wire", "io", "ec2sim"},
    r"pugixml\.hpp": {"wire", "io", "ec2sim"},
    r"zlib\.h": {"wire"},
    # Sockets, files, threads and clocks of the system.
    r"sys/|netinet/|arpa/|unistd\.h|fcntl\.h|poll\.h|signal\.h|thread$|mutex$|atomic$|fstream$|"
    r"filesystem$|random$": {"io", "ec2sim", "app"},
}
# broker-sim forks its workers and reads its command line; the world itself does neither.
EXCEPTIONS = {("sim", "main"), ("sim", "runner"), ("sim", "second_run")}
MAX_LINES = 400
MAX_FUNCTION = 50
FUNCTION = re.compile(r"\)( const| noexcept| override| mutable)* \{$")
TABLE = re.compile(r"_rows\(\) \{$")  # data, a row below the other
# Headers that are contracts, and how much of one must say what a call means: units, ranges, failures,
# threads, what a crash loses.
CONTRACTS = ("src/port", "src/core/model")
LEAST_SAID = 0.35
MAX_TEST_LINES = 500
MAX_COLUMNS = 100
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def files():
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.split()
    return [ROOT / name for name in listed if name.endswith((".cc", ".h"))
            and (ROOT / name).exists()]


def sub_room(parts):
    """(room, sub-room) of a path below src/, or of what an #include names."""
    return parts[0], parts[1] if len(parts) > 2 else ""


def wrong_floor(path, target):
    room, sub = sub_room(path.relative_to(ROOT / "src").parts)
    other_room, other = sub_room(target.split("/"))
    if not sub or room != other_room or sub == other or room not in FLOORS:
        return
    if other not in FLOORS[room][sub] and "_test" not in path.stem:
        yield f"{path.relative_to(ROOT)}: {room}/{sub} may not include {target}"


def crowded(checked):
    """Sub-rooms that the map does not draw, and folders that hold more than one can see at once."""
    folders = {}
    for path in checked:
        folders.setdefault(path.parent, []).append(path)
        room, sub = sub_room(path.relative_to(ROOT / "src").parts)
        if sub and sub not in SUB_ROOMS.get(room, set()):
            yield f"{path.relative_to(ROOT)}: {room} has no sub-room {sub}"
    for folder, inside in sorted(folders.items()):
        sources = [p for p in inside if p.suffix == ".cc" and not p.stem.endswith("_test")]
        name = str(folder.relative_to(ROOT))
        if len(sources) > MAX_SOURCES and name not in ONE_FOR_EACH:
            yield f"{name}: {len(sources)} sources, over {MAX_SOURCES}"


def long_functions(name, lines):
    """A head is in the first column, or in a class's; its body ends with a brace below it."""
    for first, line in enumerate(lines):
        head = first
        while head > 0 and lines[head - 1].rstrip().endswith((",", "(")):
            head -= 1  # of several lines
        indent = re.match(r" *", lines[head]).group()
        statement = re.match(r"(if|for|while|switch|else|do|return)\b", lines[head].strip())
        inner = "](" in line or "]{" in line  # a lambda: part of the function around it
        if len(indent) > 2 or statement or inner or not FUNCTION.search(line):
            continue
        last = next((n for n in range(first, len(lines)) if lines[n] == indent + "}"), first)
        length = last - head + 1
        if length > MAX_FUNCTION and not TABLE.search(line):
            yield f"{name}:{head + 1}: {length} lines, over {MAX_FUNCTION}"


def unsaid(name, lines):
    written = [line for line in lines if line.strip()]
    said = sum("//" in line for line in written) / len(written)
    if said < LEAST_SAID:
        yield f"{name}: {said:.0%} of it says what its calls mean, under {LEAST_SAID:.0%}"


def problems_of(path):
    room = path.relative_to(ROOT / "src").parts[0]
    text = path.read_text()
    name = path.relative_to(ROOT)
    is_test = path.stem.endswith("_test")
    lines = text.splitlines()
    limit = MAX_TEST_LINES if is_test else MAX_LINES
    if len(lines) > limit:
        yield f"{name}: {len(lines)} lines, over {limit}: which two ideas does it hold?"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield f"{name}:{number}: {len(line)} columns, over {MAX_COLUMNS}"
    if path.suffix == ".h" and "#pragma once" not in text:
        yield f"{name}: a header without #pragma once"
    if path.suffix == ".h" and str(name.parent) in CONTRACTS:
        yield from unsaid(name, lines)
    if path.suffix == ".cc":
        yield from long_functions(name, lines)
    for kind, target in INCLUDE.findall(text):
        if kind == '"':
            other = target.split("/")[0]
            if other != room and other not in ARROWS[room]:
                yield f"{name}: {room} may not include {target}"
            yield from wrong_floor(path, target)
            continue
        for pattern, rooms in LIBRARIES.items():
            exempt = is_test or any(room == r and part in path.stem for r, part in EXCEPTIONS)
            if re.match(pattern, target) and room not in rooms and not exempt:
                yield f"{name}: <{target}> may be named only in {', '.join(sorted(rooms))}"


def gone_from_the_map():
    """Files and folders that ARCHITECTURE.md names and the tree does not have."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for name in sorted(set(re.findall(r"`([a-z0-9_]+(?:/[a-z0-9_*]+)+(?:\.(?:cc|h))?)`", text))):
        if not any(list(base.glob(name)) + list(base.glob(name + ".cc"))
                   for base in (ROOT, ROOT / "src", ROOT / "src/sim")):
            yield f"ARCHITECTURE.md: there is no {name}"


def main():
    checked = files()
    if len(checked) < 50:
        sys.exit(f"only {len(checked)} source files found: the check itself is broken")
    problems = [p for path in checked for p in problems_of(path)]
    problems += crowded(checked)
    problems += gone_from_the_map()
    print("\n".join(problems) or f"{len(checked)} files keep to the arrows")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
