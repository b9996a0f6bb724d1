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
# Outside headers by their first directory or name, and the rooms that may name them.
LIBRARIES = {
    r"boost/": {"io", "ec2sim", "app"},
    r"curl/": {"io"},
    r"sqlite3\.h": {"io"},
    r"toml\+\+/|CLI/": {"app"},
    r"systemd/": {"io", "app"},
    r"openssl/": {"wire", "io", "ec2sim"},
    r"pugixml\.hpp": {"wire", "io", "ec2sim"},
    r"zlib\.h": {"wire"},
    # Sockets, files, threads and clocks of the system.
    r"sys/|netinet/|arpa/|unistd\.h|fcntl\.h|poll\.h|signal\.h|thread$|mutex$|atomic$|fstream$|"
    r"filesystem$|random$": {"io", "ec2sim", "app"},
}
# broker-sim forks its workers and reads its command line; the world itself does neither.
EXCEPTIONS = {("sim", "main"), ("sim", "swarm"), ("sim", "second_run")}
MAX_LINES = 400
MAX_TEST_LINES = 500
MAX_COLUMNS = 100
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def files():
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.split()
    return [ROOT / name for name in listed if name.endswith((".cc", ".h"))
            and (ROOT / name).exists()]


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
    for kind, target in INCLUDE.findall(text):
        if kind == '"':
            other = target.split("/")[0]
            if other != room and other not in ARROWS[room]:
                yield f"{name}: {room} may not include {target}"
            continue
        for pattern, rooms in LIBRARIES.items():
            exempt = is_test or any(room == r and part in path.stem for r, part in EXCEPTIONS)
            if re.match(pattern, target) and room not in rooms and not exempt:
                yield f"{name}: <{target}> may be named only in {', '.join(sorted(rooms))}"


def main():
    checked = files()
    if len(checked) < 50:
        sys.exit(f"only {len(checked)} source files found: the check itself is broken")
    problems = [p for path in checked for p in problems_of(path)]
    print("\n".join(problems) or f"{len(checked)} files keep to the arrows")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
