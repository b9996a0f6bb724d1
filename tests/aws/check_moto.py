"""The real cloud port over the wire, against moto with authentication and policies on."""
import os

from probe import Probe, check
from moto_server import MotoServer


def clean_environment(url, keys):
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return {**env, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", **keys}


def spec(image, market, token):
    return {"token": token, "region": "us-east-1", "market": market, "type": "c7i.16xlarge",
            "image": image, "user_data": "#!/bin/sh\n",
            "tags": {"Name": "dserv-worker", "compute-broker": "default",
                     "compute-broker-token": token}}


def launch_list_and_end(probe, image, market):
    """One life of a worker; moto gives every instance an address at once."""
    token = "cb-" + market
    launched = probe.ask({"op": "launch", "spec": spec(image, market, token)})["instances"]
    check(len(launched) == 1, "launched", launched)
    worker = launched[0]
    check(worker["market"] == market, market, worker)
    check(worker["tags"]["compute-broker-token"] == token, worker)
    listed = probe.ask({"op": "list"})["instances"]
    same = [i for i in listed if i["id"] == worker["id"]]
    check(len(same) == 1 and same[0]["state"] == "running", "listed", listed)
    check(same[0]["public_address"] and same[0]["launched"], "listed", same)
    by_id = probe.ask({"op": "list", "id": worker["id"]})["instances"]
    check([i["id"] for i in by_id] == [worker["id"]], "by id", by_id)
    unknown = "i-0123456789abcdef0"
    ended = probe.ask({"op": "terminate", "ids": [worker["id"], unknown]})
    check([i["id"] for i in ended["instances"]] == [worker["id"]], "ended", ended)
    check(ended["not_found"] == [unknown], "ended", ended)
    last = probe.ask({"op": "list", "id": worker["id"]})["instances"]
    check(last[0]["state"] in ("shutting-down", "terminated"), "in the end", last)


def with_good_keys(moto, keys, image, kept):
    """`kept`: the disks of `image` that outlive their instances."""
    with Probe("cloud", clean_environment(moto.url, keys)) as probe:
        identity = probe.ask({"op": "identify"})
        check(identity == {"account": "123456789012"}, identity)
        for market in ("spot", "on-demand"):
            launch_list_and_end(probe, image, market)
        gone = probe.ask({"op": "list", "id": "i-0123456789abcdef0"})
        check(gone == {"instances": []}, "an unknown id", gone)
        lines = probe.ask({"op": "check", "image": image})["lines"]
        expected = [f"keeps the disk {device} " for device in kept] or ["EC2 accepts"]
        check(len(lines) == len(expected), "start-up checks", lines)
        check(all(e in line for e, line in zip(expected, lines)), "start-up checks", lines)


def must_be_denied(moto, keys, image, says):
    with Probe("cloud", clean_environment(moto.url, keys)) as probe:
        for question in ({"op": "launch", "spec": spec(image, "spot", "cb-denied")},
                         {"op": "list"}, {"op": "terminate", "ids": ["i-1"]}):
            answer = probe.ask(question)
            # One instance may be refused while others end: that is said of each.
            said = answer["refused"][0] if answer.get("refused") else answer
            check(said.get("failure") == "denied", question, answer)
            check(keys["AWS_SECRET_ACCESS_KEY"] not in str(answer), "a secret was told")
        lines = " ".join(probe.ask({"op": "check", "image": image})["lines"])
        # Keys that are nobody's are told of by the listing, once; what they may not do, by the check.
        check(says in lines if says else lines == "", "start-up checks", lines)


with MotoServer() as moto:
    may, may_not = moto.people()
    images = moto.client("ec2", may).describe_images()["Images"]
    image = images[0]["ImageId"]
    kept = [b["DeviceName"] for b in images[0]["BlockDeviceMappings"]
            if not b["Ebs"]["DeleteOnTermination"]]
    with_good_keys(moto, may, image, kept)
    with_good_keys(moto, moto.role_keys(may), image, kept)
    wrong = {**may, "AWS_SECRET_ACCESS_KEY": "wrong" + may["AWS_SECRET_ACCESS_KEY"][5:]}
    must_be_denied(moto, wrong, image, "")
    must_be_denied(moto, may_not, image, "allow ec2:RunInstances")
    left = moto.client("ec2", may).describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}])
    check(left["Reservations"] == [], "instances were left running", left)
print("moto accepts our signatures, with and without session token, and denies what it should")
