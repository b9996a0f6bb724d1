#!/usr/bin/env python3
"""What pip makes of the Python client, without a network."""
import os
import subprocess
import sys
import tempfile
import unittest

from scripted import CLIENT, PATIENCE


class Package(unittest.TestCase):
    def test_pip_installs_it_without_a_network_types_and_all(self):
        with tempfile.TemporaryDirectory() as target:
            done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-index",
                                   "--no-deps", "--disable-pip-version-check", "--target", target,
                                   str(CLIENT)], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 0, done.stderr)
            installed = os.listdir(os.path.join(target, "compute_broker"))
            self.assertLessEqual({path.name for path in (CLIENT / "compute_broker").iterdir()
                                  if path.name != "__pycache__"}, set(installed))
            code = ("import compute_broker, importlib.metadata as about; "
                    "print(about.version('compute-broker'))")
            done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": target},
                                  capture_output=True, text=True, timeout=PATIENCE, cwd=target)
            self.assertEqual(done.stderr, "")
            self.assertEqual(done.stdout.strip(), version())


def version():
    """That of the whole project."""
    for line in (CLIENT.parents[1] / "CMakeLists.txt").read_text().splitlines():
        if line.startswith("project(compute-broker VERSION "):
            return line.split()[2]
    raise AssertionError("CMakeLists.txt says no version")


if __name__ == "__main__":
    unittest.main()
