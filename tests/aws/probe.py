"""Starts aws_probe and talks to it, one JSON object a line. Needs boto3 (tests/needs.sh)."""
import functools
import json
import os
import subprocess
import sys

import botocore.session


class Probe:
    def __init__(self, mode, env=None):
        self.process = subprocess.Popen(
            [sys.argv[1], mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ) if env is None else env)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"aws_probe ended at {question}"
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        assert code == 0, f"aws_probe ended with {code}"


def check(condition, *what):
    if not condition:
        raise SystemExit(" ".join(str(w) for w in what))


@functools.cache
def model(service):
    return botocore.session.Session().get_service_model(service)
