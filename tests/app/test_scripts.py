#!/usr/bin/env python3
"""The scripts that a newcomer runs first: what they say about tests, budgets and missing tools."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "| label | what | budget |\n|---|---|---|\n| unit | quick ones | 10 |\n| all | everything | 60 |\n"
LOG = """1/3 Test #1: a ........   Passed    1.00 sec
2/3 Test #2: b ........***Skipped   0.01 sec
Label Time Summary:
unit    =   {time} sec*proc (2 tests)
"""
WORDS = "SKIPPED b: moto is not in Debian\n"


class Scratch(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.home = pathlib.Path(directory.name)

    def file(self, name, text):
        (self.home / name).write_text(text)
        return str(self.home / name)

    def run_script(self, *words, **env):
        # Whoever runs the tests without budgets does not mean these.
        inherited = {k: v for k, v in os.environ.items() if k != "BROKER_BUDGETS"}
        return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=60,
                              env={**inherited, **env}, cwd=self.home)


class Budgets(Scratch):
    def judge(self, log, seconds=5, **env):
        return self.run_script(ROOT / "scripts/lib/budgets.sh", self.file("table", TABLE), seconds,
                               self.file("log", log), self.file("words", WORDS), **env)

    def test_the_last_line_says_how_many_were_skipped_and_why(self):
        done = self.judge(LOG.format(time="1.50"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(done.stdout.splitlines()[-2:],
                         ["1 passed, 0 failed, 1 skipped", "1 skipped: moto is not in Debian (b)"])

    def test_a_test_of_googletest_says_why_it_was_skipped_as_well(self):
        words = ("[ RUN      ] Prober.IsLost\n/x/prober_test.cc:12: Skipped\n"
                 "only root may drop packets\n\n[  SKIPPED ] Prober.IsLost (0 ms)\n")
        done = self.run_script(ROOT / "scripts/lib/budgets.sh", self.file("table", TABLE), 5,
                               self.file("log", LOG.format(time="1")), self.file("words", words))
        self.assertEqual(done.stdout.splitlines()[-1],
                         "1 skipped: only root may drop packets (Prober.IsLost)")

    def test_a_label_beyond_its_budget_fails(self):
        done = self.judge(LOG.format(time="10.51"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("over the budget: unit", done.stdout)
        self.assertEqual(self.judge(LOG.format(time="10.51"), BROKER_BUDGETS="no").returncode, 0)

    def test_a_label_without_a_budget_fails(self):
        self.assertEqual(self.judge(LOG.format(time="1").replace("unit", "web ")).returncode, 1)

    def test_the_whole_beyond_its_budget_fails(self):
        self.assertEqual(self.judge(LOG.format(time="1"), seconds=61).returncode, 1)

    def test_a_run_without_a_test_fails(self):
        self.assertEqual(self.judge("").returncode, 1)

    def test_every_label_of_the_tests_has_its_budget(self):
        table = (ROOT / "docs/testing.md").read_text()
        labels = set()
        for file in [*ROOT.glob("*/CMakeLists.txt"), *ROOT.glob("tests/*/CMakeLists.txt"),
                     ROOT / "cmake/Rooms.cmake"]:
            labels |= {part.split()[0].rstrip(")") for part in file.read_text().split("LABELS ")[1:]}
        self.assertIn("unit", labels)
        for label in labels:
            self.assertRegex(table, rf"(?m)^\| {label} \|.*\| \d+ \|$")


class Needs(Scratch):
    def test_a_test_whose_tool_is_missing_is_skipped_with_the_reason(self):
        done = self.run_script(ROOT / "tests/needs.sh", "e2e.x", "no-such-tool", "--", "false")
        self.assertEqual((done.returncode, done.stdout.strip()),
                         (77, "SKIPPED e2e.x: no-such-tool is not installed"))

    def test_a_test_whose_tools_are_there_runs(self):
        done = self.run_script(ROOT / "tests/needs.sh", "e2e.x", "sh", "--", "sh", "-c", "exit 5")
        self.assertEqual(done.returncode, 5)


class Install(Scratch):
    def on_another_system(self, *words):
        """install-packages, with an os-release that it does not know."""
        for name in ("scripts/install-packages", "scripts/packages.txt", "scripts/lib/common.sh"):
            copy = self.home / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = (ROOT / name).read_text()
            copy.write_text(text.replace("/etc/os-release", str(self.home / "os-release")))
        self.file("os-release", "ID=debian\nVERSION_ID=13\n")
        return self.run_script("bash", self.home / "scripts/install-packages", "build", *words)

    def test_on_an_unknown_system_it_names_the_way_on(self):
        done = self.on_another_system()
        self.assertEqual(done.returncode, 1)
        self.assertIn("this is debian 13", done.stderr)
        self.assertIn("--no-install", done.stderr)

    def test_no_install_goes_on_with_what_is_there(self):
        self.assertEqual(self.on_another_system("--no-install").returncode, 0)

    def test_no_package_that_is_installed_brings_a_daemon(self):
        daemons = {"systemd", "redis-server", "openssh-server", "slurmd", "slurmctld", "munge",
                   "prometheus", "avahi-daemon", "postgresql", "etcd-server"}
        for line in (ROOT / "scripts/packages.txt").read_text().splitlines():
            if line.startswith("#") or line.startswith("unpack-"):
                continue
            for column in line.split("|")[2:]:
                self.assertEqual(daemons & set(column.split()), set(), line)


if __name__ == "__main__":
    unittest.main()
