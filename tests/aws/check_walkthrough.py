#!/usr/bin/env python3
"""docs/aws-setup.md, pasted block after block, against moto: every command is one that the AWS CLI and
AWS's interfaces know, and each block has what it takes from the ones before."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import boto3
from moto_server import MotoServer

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs/aws-setup.md"
NEWEST = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101"


def main():
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    assert len(blocks) >= 5, "the commands are not to be found in the document"
    with MotoServer() as moto, tempfile.TemporaryDirectory() as home:
        keys, _ = moto.people()
        moto_knows_ubuntu(moto, keys)
        script = ['aws() { command aws --endpoint-url "$MOTO" "$@"; }',
                  *[block.replace("--owners 099720109477 ", "") for block in blocks],
                  'aws ec2 describe-images --image-ids "$IMAGE" --query "Images[0].State"',
                  'aws iam get-user-policy --user-name compute-broker --policy-name compute-broker '
                  '--query PolicyDocument.Version']
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(script)], cwd=home, text=True,
            capture_output=True, timeout=240,
            env={**os.environ, **keys, "MOTO": moto.url, "HOME": home})
    print(done.stdout, done.stderr)
    assert done.returncode == 0, "a command of docs/aws-setup.md failed"
    assert '"available"' in done.stdout and '"2012-10-17"' in done.stdout


def moto_knows_ubuntu(moto, keys):
    """Canonical's image, as EC2 lists it; moto has it under its own account only."""
    ec2 = moto.client("ec2", keys)
    ec2.register_image(Name=NEWEST, Architecture="x86_64", RootDeviceName="/dev/sda1")


if __name__ == "__main__":
    sys.exit(main())
