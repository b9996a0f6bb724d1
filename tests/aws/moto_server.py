"""A moto_server of our own on a free port, which verifies signatures and policies."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import boto3
import botocore.config
import botocore.exceptions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from kit.waiting import free_port  # noqa: E402

FREE_CALLS = 5  # the calls of `people`, made before anybody has keys
ALLOW_ALL = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*",'
             '"Resource":"*"}]}')
ANYBODY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},'
           '"Action":"sts:AssumeRole"}]}')


class MotoServer:
    def __init__(self):
        if shutil.which("moto_server") is None:
            sys.exit("moto_server is missing: pip install 'moto[server]' awscli")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["moto_server", "-H", "127.0.0.1", "-p", str(port)], stdout=self.log, stderr=self.log,
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(FREE_CALLS)})
        deadline = time.monotonic() + 60
        while not self.accepts(port):
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.process.kill()
                self.process.wait()
                self.log.seek(0)
                sys.exit("moto_server did not start:\n" + self.log.read().decode())
            time.sleep(0.05)

    @staticmethod
    def accepts(port):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    def client(self, service, keys):
        return boto3.client(
            service, endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=botocore.config.Config(retries={"max_attempts": 0}))

    def people(self):
        """Keys of a user who may do all, and of one who may do nothing."""
        iam = self.client("iam", {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})
        iam.create_user(UserName="broker")
        iam.put_user_policy(UserName="broker", PolicyName="all", PolicyDocument=ALLOW_ALL)
        may = iam.create_access_key(UserName="broker")["AccessKey"]
        iam.create_user(UserName="nobody")
        may_not = iam.create_access_key(UserName="nobody")["AccessKey"]
        return variables(may), variables(may_not)

    def role_keys(self, keys):
        """Temporary keys, with a session token, of a role that may do all."""
        iam = self.client("iam", keys)
        role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=ANYBODY)["Role"]
        iam.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=ALLOW_ALL)
        sts = self.client("sts", keys)
        return variables(sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


def variables(keys):
    out = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
           "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
    if "SessionToken" in keys:
        out["AWS_SESSION_TOKEN"] = keys["SessionToken"]
    return out
