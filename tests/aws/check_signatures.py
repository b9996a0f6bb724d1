"""600 random requests, signed by us and by botocore at the same moment with the same keys."""
import datetime
import random
import string
from unittest import mock
from urllib.parse import quote

from probe import Probe, check

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ANY = string.ascii_letters + string.digits + "-._~ !\"#$%&'()*+,/:;<=>?@[]^`{|}äß€😀"
rng = random.Random(20261123)


def word(alphabet, low, high):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def random_request():
    segments = [quote(word(ANY, 1, 8).replace("/", "x"), safe="") for _ in range(rng.randint(0, 3))]
    # Dots alone are folded away by botocore and never sent by us.
    segments = [s if s.strip(".") else "dots" for s in segments]
    names = sorted({word(string.ascii_letters, 1, 6) for _ in range(rng.randint(0, 4))})
    headers = [["Host", word(string.ascii_lowercase, 3, 12) + ".example.com"],
               ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]]
    for i in range(rng.randint(0, 3)):
        value = " ".join(word(string.ascii_letters + "=;,", 1, 9) for _ in range(rng.randint(1, 3)))
        headers.append([f"X-{i}-{word(string.ascii_letters, 1, 6)}", value])
    return {
        "method": rng.choice(["GET", "POST", "PUT"]),
        "path": "/" + "/".join(segments),
        "query": [[name, word(ANY, 0, 9)] for name in names],
        "headers": headers,
        "body": word(ANY + "\n", 0, 200),
        "region": rng.choice(["us-east-1", "eu-north-1", "cn-north-1"]),
        "service": rng.choice(["ec2", "sts"]),
        "time": f"20{rng.randint(10, 40)}-0{rng.randint(1, 9)}-{rng.randint(10, 28)}T"
                f"0{rng.randint(0, 9)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}Z",
        "id": "AKID" + word(string.ascii_uppercase, 4, 16),
        "secret": word(string.ascii_letters + string.digits + "+/", 40, 40),
        "token": word(string.ascii_letters + "+/=", 1, 400) if rng.random() < 0.5 else "",
    }


def botocore_at(now):
    """Its clock says `now`: since 1.36 a function of its own, before that datetime's."""
    utc = now.replace(tzinfo=None)
    if hasattr(botocore.auth, "get_current_datetime"):
        return mock.patch.object(botocore.auth, "get_current_datetime", lambda *_, **__: utc)

    class Clock(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return utc

    return mock.patch.object(botocore.auth.datetime, "datetime", Clock)


def signed_by_botocore(given):
    request = botocore.awsrequest.AWSRequest(
        method=given["method"], url="https://" + given["headers"][0][1] + given["path"],
        params=dict(given["query"]), headers=dict(map(tuple, given["headers"])),
        data=given["body"].encode())
    keys = botocore.credentials.Credentials(given["id"], given["secret"], given["token"] or None)
    now = datetime.datetime.fromisoformat(given["time"].replace("Z", "+00:00"))
    with botocore_at(now):
        botocore.auth.SigV4Auth(keys, given["service"], given["region"]).add_auth(request)
    names = ["X-Amz-Date", "Authorization"] + (["X-Amz-Security-Token"] if given["token"] else [])
    return {name: request.headers[name] for name in names}


with Probe("sign") as probe:
    with_token = 0
    for _ in range(600):
        given = random_request()
        with_token += bool(given["token"])
        ours, theirs = probe.ask(given), signed_by_botocore(given)
        check(ours == theirs, "signed differently:", given, "\nours:", ours, "\ntheirs:", theirs)
    check(200 < with_token < 400, "the draw was not even")
print("600 requests signed as botocore signs them,", with_token, "of them with a session token")
