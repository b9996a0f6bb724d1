"""The broker against moto's EC2, a peer that we have not written. Its addresses belong to
strangers: the pool is `ready = "none"`, so that the broker opens no connection to a worker."""
import json
import os
import shutil
import signal
import subprocess
import unittest
import urllib.request

from harness import Case, Process, free_port, until


class Moto(Case):
    def setUp(self):
        super().setUp()
        if shutil.which("moto_server") is None:
            self.fail("moto_server is missing: pip install 'moto[server]' awscli")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.moto = Process(["moto_server", "-H", "127.0.0.1", "-p", str(port)], dict(os.environ),
                            self.home / "moto.log")
        self.processes.append(self.moto)
        until("moto", self.moto_answers)

    def moto_answers(self):
        try:
            return urllib.request.urlopen(self.url + "/moto-api/", timeout=5).status == 200
        except OSError:
            return False

    def aws(self, *args):
        env = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
               "AWS_DEFAULT_REGION": "us-east-1"}
        done = subprocess.run(
            ["aws", "--endpoint-url", self.url, "--output", "json", "ec2", *args],
            env=env, capture_output=True, text=True, timeout=120, check=True)
        return json.loads(done.stdout)

    def described(self):
        return [i for r in self.aws("describe-instances")["Reservations"] for i in r["Instances"]]

    def test_a_worker_is_launched_found_again_after_a_kill_and_ended(self):
        self.aws("create-security-group", "--group-name", "dserv-workers", "--description", "test")
        broker = self.broker(self.url, pool='ready = "none"')
        ip = broker.ask("GET_WORKER")
        instances = self.described()
        self.assertEqual([i["PublicIpAddress"] for i in instances], [ip])
        tags = {t["Key"]: t["Value"] for t in instances[0]["Tags"]}
        self.assertEqual(tags["Name"], "dserv-worker")
        self.assertEqual(tags["compute-broker"], "default")
        self.assertEqual(instances[0]["MetadataOptions"]["HttpTokens"], "required")
        broker.kill(signal.SIGKILL)
        broker.start()
        self.assertEqual(broker.ask("GET_WORKER"), ip)
        self.assertEqual(broker.ask(f"RELEASE {ip}"), "OK")
        until("the end", lambda: all(i["State"]["Name"] in ("terminated", "shutting-down")
                                     for i in self.described()))


if __name__ == "__main__":
    unittest.main()
