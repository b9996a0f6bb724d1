#!/usr/bin/env python3
"""Every situation of situations.txt names a test that exists."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def main(build):
    # From a folder of its own: ctest writes its log anew in the one where it lists, and there it may be
    # running.
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "CTestTestfile.cmake").write_text(f'subdirs("{build}")\n')
        listed = subprocess.run(["ctest", "--test-dir", folder, "-N"], capture_output=True, text=True,
                                check=True).stdout
    names = {line.split(": ", 1)[1].strip() for line in listed.splitlines()
             if line.strip().startswith("Test") and ": " in line}
    rows = [line.split("|") for line in (HERE / "situations.txt").read_text().splitlines()
            if line and not line.startswith("#")]
    missing = []
    for situation, test in rows:
        file, _, method = test.strip().partition(" ")
        found = (f"def {method}(" in (HERE.parent / file).read_text() if method
                 else file in names)
        if not found:
            missing.append(f"{situation.strip()}: there is no test {test.strip()}")
    print("\n".join(missing) or f"{len(rows)} situations, each with its test")
    sys.exit(1 if missing or len(rows) < 20 else 0)


if __name__ == "__main__":
    main(sys.argv[1])
