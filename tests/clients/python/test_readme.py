#!/usr/bin/env python3
"""The examples of clients/python/README.md, run as they stand there against the real broker."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import scripted

sys.path.insert(0, str(scripted.ROOT / "tests" / "e2e"))
import harness  # noqa: E402

INTERPRETER = {"python": [sys.executable, "-"], "sh": ["sh", "-eu"]}
# What each prints, in the order in which they stand there.
EXPECTED = [
    ("python", r"127[.0-9]+ 42\n\['0', '1', '4', '9', '16'\]\n"),
    ("python", r"\['2', '3', '4'\]\n"),
    ("sh", r"42\ncomputing on 127[.0-9]+:2560\n1 ready, 0 on the way, \d ending, 0 callers wait\n"
           r"  127[.0-9]+ \(i-\w+, c7i.16xlarge, pool default\): 0 leases, idle \d+ s, would end "
           r"in \d+ s\n127[.0-9]+ is ending, for everybody who used it\n"),
]


def examples():
    text = (scripted.CLIENT / "README.md").read_text()
    return [block for block in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)]


class Readme(harness.Case):
    def run_it(self, language, code):
        env = harness.clean_environment(COMPUTE_BROKER=f"127.0.0.1:{self.served.port}",
                                        PYTHONPATH=str(scripted.CLIENT))
        if language == "sh":  # `python3` is the one that runs this test
            path = tempfile.mkdtemp(dir=self.home)
            os.symlink(sys.executable, os.path.join(path, "python3"))
            env["PATH"] = path + os.pathsep + env["PATH"]
        return subprocess.run(INTERPRETER[language], input=code, capture_output=True, text=True,
                              env=env, timeout=harness.PATIENCE)

    def test_each_example_prints_what_it_should(self):
        self.served = self.broker(self.ec2sim().url, settings="max_workers = 4")
        found = examples()
        self.assertEqual([language for language, _ in found], [name for name, _ in EXPECTED])
        for (language, code), (_, expected) in zip(found, EXPECTED):
            done = self.run_it(language, code)
            self.assertEqual(done.stderr, "")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, f"^{expected}$")
        self.assertEqual([w["leases"] for w in json.loads(self.served.ask("STATUS"))], [])


if __name__ == "__main__":
    unittest.main()
