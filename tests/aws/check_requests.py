"""Every body that we encode is what botocore would send for the same wishes, name by name."""
import base64
from urllib.parse import parse_qsl

from probe import Probe, check, model

import botocore.serialize

FULL = {
    "token": "cb-abc-1", "region": "us-east-1", "market": "spot", "type": "c7i.16xlarge",
    "image": "ami-0abc", "key_name": "rig key", "security_groups": ["sg-1", "sg-2"],
    "zone": "us-east-1b", "instance_profile": "worker", "user_data": "#!/bin/sh\necho 'ä' & exit\n",
    "tags": {"Name": "dserv-worker", "compute-broker": "our lab", "a/b": "c=d&e"},
}
PLAIN = {"token": "t", "region": "us-east-1", "market": "on-demand", "type": "m7g.large",
         "image": "ami-1"}


def wishes(spec, dry_run=False):
    """`spec` in botocore's words."""
    params = {
        "ImageId": spec["image"], "InstanceType": spec["type"], "MinCount": 1, "MaxCount": 1,
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {"HttpTokens": "required"},
    }
    if dry_run:
        params["DryRun"] = True
    else:
        params["ClientToken"] = spec["token"]
    spot = spec["market"] == "spot"
    if spot:
        params["InstanceMarketOptions"] = {"MarketType": "spot", "SpotOptions": {
            "SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}}
    if spec.get("key_name"):
        params["KeyName"] = spec["key_name"]
    if spec.get("zone"):
        params["Placement"] = {"AvailabilityZone": spec["zone"]}
    if spec.get("user_data"):
        params["UserData"] = base64.b64encode(spec["user_data"].encode()).decode()
    profile = spec.get("instance_profile", "")
    if profile:
        params["IamInstanceProfile"] = {"Arn" if profile.startswith("arn:") else "Name": profile}
    if spec.get("tags"):
        tags = [{"Key": k, "Value": v} for k, v in sorted(spec["tags"].items())]
        kinds = ["instance", "volume"] + (["spot-instances-request"] if spot else [])
        params["TagSpecifications"] = [{"ResourceType": k, "Tags": tags} for k in kinds]
    groups = spec.get("security_groups", [])
    ids, names = ([g for g in groups if g.startswith("sg-") == by_id] for by_id in (True, False))
    if names:
        params["SecurityGroups"] = names
    place = params
    if "public_address" in spec and spec.get("subnet"):
        place = {"DeviceIndex": 0, "DeleteOnTermination": True,
                 "AssociatePublicIpAddress": spec["public_address"]}
        params["NetworkInterfaces"] = [place]
    if spec.get("subnet"):
        place["SubnetId"] = spec["subnet"]
    if ids:
        place["SecurityGroupIds" if place is params else "Groups"] = ids
    return params


def by_botocore(service, operation, params):
    shape = model(service).operation_model(operation)
    serializer = botocore.serialize.create_serializer(model(service).protocol, True)
    return dict(serializer.serialize_to_request(params, shape)["body"])


def launches():
    yield FULL
    yield PLAIN
    yield {**PLAIN, "security_groups": ["by name", "sg-9"]}
    yield {**FULL, "subnet": "subnet-1"}
    for wanted in (True, False):
        yield {**FULL, "subnet": "subnet-1", "public_address": wanted}
    yield {**PLAIN, "instance_profile": "arn:aws:iam::123456789012:instance-profile/worker"}


def calls():
    """(what aws_probe is asked, service, operation, botocore's parameters)"""
    for spec in launches():
        yield {"call": "launch", **spec}, "ec2", "RunInstances", wishes(spec)
        yield {"call": "dry launch", **spec}, "ec2", "RunInstances", wishes(spec, dry_run=True)
    ours = [{"Name": "tag:compute-broker", "Values": ["default"]}]
    yield ({"call": "list", "next_token": ""}, "ec2", "DescribeInstances",
           {"Filters": ours, "MaxResults": 1000})
    yield ({"call": "list", "next_token": "a+/="}, "ec2", "DescribeInstances",
           {"Filters": ours, "MaxResults": 1000, "NextToken": "a+/="})
    yield ({"call": "list id", "id": "i-1"}, "ec2", "DescribeInstances",
           {"Filters": [{"Name": "instance-id", "Values": ["i-1"]}], "MaxResults": 1000})
    yield ({"call": "tag", "id": "i-1"}, "ec2", "CreateTags",
           {"Resources": ["i-1"], "Tags": [{"Key": "k", "Value": "v w"}]})
    yield ({"call": "terminate"}, "ec2", "TerminateInstances", {"InstanceIds": ["i-1", "i-2"]})
    yield ({"call": "dry terminate"}, "ec2", "TerminateInstances",
           {"InstanceIds": ["i-1"], "DryRun": True})
    yield {"call": "images", "image": "ami-1"}, "ec2", "DescribeImages", {"ImageIds": ["ami-1"]}
    yield {"call": "identify"}, "sts", "GetCallerIdentity", {}


with Probe("encode") as probe:
    count = 0
    for question, service, operation, params in calls():
        body = probe.ask(question)["body"]
        pairs = parse_qsl(body, keep_blank_values=True, strict_parsing=True)
        ours = dict(pairs)
        check(len(ours) == len(pairs), "a name twice in", body)
        theirs = {k: str(v) for k, v in by_botocore(service, operation, params).items()}
        differ = {k: (ours.get(k), theirs.get(k)) for k in ours.keys() | theirs.keys()
                  if ours.get(k) != theirs.get(k)}
        check(not differ, operation, question, "\nours, botocore's:", differ)
        count += 1
print(count, "requests are what botocore sends")
