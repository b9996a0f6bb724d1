"""Answers written by botocore's service model, with every member that EC2 may send, read by us."""
import datetime
import random
from xml.sax.saxutils import escape

from probe import Probe, check, model

rng = random.Random(20261123)
NAMESPACE = {"ec2": "http://ec2.amazonaws.com/doc/2016-11-15/",
             "sts": "https://sts.amazonaws.com/doc/2011-06-15/"}


def text():
    return "".join(rng.choice("abc <>&\"'ä€0") for _ in range(rng.randint(1, 12))).strip() or "x"


def drawn(shape, depth=0):
    """A value of `shape` in which every member is set (lists have one or two)."""
    if shape.type_name == "structure":
        return {k: drawn(v, depth + 1) for k, v in shape.members.items()} if depth < 9 else {}
    if shape.type_name == "list":
        return [drawn(shape.member, depth + 1) for _ in range(rng.randint(1, 2))]
    return {"boolean": lambda: rng.random() < 0.5, "timestamp": a_time,
            "integer": lambda: rng.randint(0, 99), "long": lambda: rng.randint(0, 99),
            "double": lambda: 1.5, "float": lambda: 1.5}.get(
                shape.type_name, lambda: rng.choice(shape.enum) if shape.enum else text())()


def a_time():
    return datetime.datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23),
                             rng.randint(0, 59), rng.randint(0, 59))


def xml(shape, value):
    """The inner XML of `value` in the ec2 and query protocols."""
    if shape.type_name == "structure":
        return "".join(element(m.serialization.get("name", k), xml(m, value[k]))
                       for k, m in shape.members.items() if k in value)
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(element(name, xml(shape.member, v)) for v in value)
    if shape.type_name == "timestamp":
        return value.isoformat() + ".000Z"
    if shape.type_name == "boolean":
        return "true" if value else "false"
    return escape(str(value))


def element(name, inner):
    return f"<{name}>{inner}</{name}>"


def answer(service, operation, value):
    shape = model(service).operation_model(operation).output_shape
    inner = xml(shape, value)
    if service == "sts":
        inner = element(f"{operation}Result", inner)
    else:
        inner = element("requestId", "r-1") + inner
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return (f'{head}\n<{operation}Response xmlns="{NAMESPACE[service]}">{inner}'
            f"</{operation}Response>")


def shape_of(service, operation):
    return model(service).operation_model(operation).output_shape


def iso(time):
    return time.isoformat() + "Z"


def reasoned(instance):
    """Puts a time into the sentence that says why an instance ended, as EC2 does."""
    addressed(instance)
    ended = a_time()
    instance["StateTransitionReason"] = f"User initiated ({ended:%Y-%m-%d %H:%M:%S} GMT)"
    return ended


def an_address():
    return ".".join(str(rng.randint(0, 255)) for _ in range(4))


def addressed(instance):
    """What is no address is read as none, so text will not do."""
    instance["PublicIpAddress"] = an_address()
    instance["PrivateIpAddress"] = an_address()


def expected(instance, ended):
    return {
        "id": instance["InstanceId"], "state": instance["State"]["Name"],
        "type": instance["InstanceType"], "image": instance["ImageId"],
        "market": "spot" if instance["InstanceLifecycle"] == "spot" else "on-demand",
        "zone": instance["Placement"]["AvailabilityZone"],
        "public_address": instance["PublicIpAddress"],
        "private_address": instance["PrivateIpAddress"],
        "launched": iso(instance["LaunchTime"]), "token": instance["ClientToken"],
        "tags": {t["Key"]: t["Value"] for t in instance["Tags"]},
        "state_reason_code": instance["StateReason"]["Code"],
        "state_reason": instance["StateReason"]["Message"], "ended": iso(ended),
    }


def same(what, ours, theirs):
    check(ours == theirs, what, "\nours:   ", ours, "\ntheirs: ", theirs)


def check_instances(probe):
    value = drawn(shape_of("ec2", "DescribeInstances"))
    listed = [i for r in value["Reservations"] for i in r["Instances"]]
    views = [expected(i, reasoned(i)) for i in listed]
    got = probe.ask({"call": "DescribeInstances",
                     "body": answer("ec2", "DescribeInstances", value)})
    same("DescribeInstances", got, {"instances": views, "next_token": value["NextToken"]})
    value = drawn(shape_of("ec2", "RunInstances"))
    views = [expected(i, reasoned(i)) for i in value["Instances"]]
    got = probe.ask({"call": "RunInstances", "body": answer("ec2", "RunInstances", value)})
    same("RunInstances", got, {"instances": views})


def check_terminations(probe):
    value = drawn(shape_of("ec2", "TerminateInstances"))
    got = probe.ask({"call": "TerminateInstances",
                     "body": answer("ec2", "TerminateInstances", value)})
    same("TerminateInstances", got["instances"],
         [{"id": i["InstanceId"], "state": i["CurrentState"]["Name"]}
          for i in value["TerminatingInstances"]])


def check_images(probe):
    value = drawn(shape_of("ec2", "DescribeImages"))
    got = probe.ask({"call": "DescribeImages", "body": answer("ec2", "DescribeImages", value)})
    same("DescribeImages", got["images"], [
        {"id": i["ImageId"], "name": i["Name"], "state": i["State"],
         "architecture": i["Architecture"],
         "volumes": {b["DeviceName"]: b["Ebs"]["DeleteOnTermination"]
                     for b in i["BlockDeviceMappings"]}} for i in value["Images"]])


def check_identity(probe):
    value = drawn(shape_of("sts", "GetCallerIdentity"))
    got = probe.ask({"call": "GetCallerIdentity",
                     "body": answer("sts", "GetCallerIdentity", value)})
    same("GetCallerIdentity", got, {"account": value["Account"], "arn": value["Arn"]})


with Probe("decode") as probe:
    for _ in range(50):
        for one in (check_instances, check_terminations, check_images, check_identity):
            one(probe)
print("200 answers read as the service model wrote them")
