"""We read AWS's own settings as botocore reads them: the files, the variables, endpoints, times; and
our table of settings has every one that botocore has."""
import http.server
import inspect
import json
import os
import pathlib
import random
import re
import shlex
import sys
import tempfile
import threading
import unittest.mock
import urllib.request

from probe import Probe, check

import botocore.configloader
import botocore.configprovider
import botocore.credentials
import botocore.endpoint_provider
import botocore.loaders
import botocore.session
import botocore.utils
import dateutil.parser

LOADER = botocore.loaders.Loader()
KEYS = "aws_access_key_id = {0}\naws_secret_access_key = s+/{0}=\n"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "S"}


# --- files ---------------------------------------------------------------------------------------

def written(rng):
    """A file such as people, editors and accidents write them."""
    names = ["default", "profile lab", "lab", "DEFAULT", " default ", "services x", "a]b", "profile"]
    keys = ["region", "Region", "s3", "aws_access_key_id", "a b", "", "endpoint_url"]
    values = ["x", "a = b", "http://h:1/?q", "", " padded ", "# no comment", "v ; v", "a:b"]
    lines = []
    for _ in range(rng.randrange(1, 9)):
        indent = rng.choice(["", "", "", "  ", "    ", "\t", " \t "])
        lines.append(indent + rng.choice([
            f"[{rng.choice(names)}]", f"[{rng.choice(names)}]", f"[{rng.choice(names)}] # tail",
            *(f"{rng.choice(keys)}{rng.choice([' = ', '=', ': ', ' :'])}{rng.choice(values)}"
              for _ in range(6)),
            "", "   ", "# comment", "; comment", "no delimiter", "[open", "[]"]))
    return rng.choice(["\n", "\n", "\r\n", "\r"]).join(lines) + rng.choice(["", "\n"])


def check_files(probe, home):
    rng = random.Random(11)
    path = home / "file"
    outcomes = {"read": 0, "refused": 0}
    for _ in range(4000):
        text = written(rng)
        path.write_bytes(text.encode())
        try:
            theirs = botocore.configloader.raw_config_parse(str(path))
        except botocore.exceptions.ConfigParseError:
            theirs = None
        ours = probe.ask({"op": "parse", "text": text})
        check(ours.get("sections") == theirs, repr(text), "\nours:", ours, "\nbotocore's:", theirs)
        outcomes["refused" if theirs is None else "read"] += 1
    check(min(outcomes.values()) > 300, "the files are too much alike:", outcomes)
    return sum(outcomes.values())


def check_commands(probe):
    rng = random.Random(12)
    for n in range(3000):
        text = "".join(rng.choice("ab  '\"\\$~\t=#;") for _ in range(rng.randrange(12)))
        try:
            theirs = shlex.split(text)
        except ValueError:
            theirs = None
        ours = probe.ask({"op": "words", "text": text})["words"]
        check(ours == theirs, "command", repr(text), ours, theirs)
    return n + 1


# --- keys, regions, endpoints --------------------------------------------------------------------

PROCESS = ('credential_process = printf %s \'{"Version": 1, "AccessKeyId": "P", '
           '"SecretAccessKey": "S", "SessionToken": "T", "Expiration": "2999-01-01T00:00:00Z"}\'\n')
CASES = [  # config file, credentials file, variables
    ("", "[default]\n" + KEYS.format("A"), {}),
    ("", "[default]\n    aws_access_key_id = A\n    aws_secret_access_key = S\n", {}),
    ("[default]\n  output = json\n  region = eu-north-1\n", "[default]\n" + KEYS.format("A"), {}),
    ("", "[default]\n" + KEYS.format("A") + "aws_security_token = T\n", {}),
    ("", "[default]\n" + KEYS.format("A") + "aws_session_token = U\naws_security_token = T\n", {}),
    ("[default]\n" + KEYS.format("C"), "[default]\n" + KEYS.format("A"), {}),
    ("[default]\n" + KEYS.format("C") + "aws_session_token = not-theirs\n",
     "[default]\n" + KEYS.format("A"), {}),
    ("[default]\n" + KEYS.format("C") + PROCESS, "", {}),
    ("[default]\n" + PROCESS, "[default]\n" + KEYS.format("A"), {}),
    ("[profile lab]\n" + PROCESS + "region = us-west-2\n", "", {"AWS_PROFILE": "lab"}),
    ('[profile "two words"]\nregion = us-west-2\n' + KEYS.format("C"), "",
     {"AWS_PROFILE": "two words"}),
    ("", "[lab]\n" + KEYS.format("L"), {"AWS_DEFAULT_PROFILE": "lab"}),
    ("", "[default]\n" + KEYS.format("A"), ENVIRONMENT),
    ("", "", {**ENVIRONMENT, "AWS_SECURITY_TOKEN": "T"}),
    ("", "", {**ENVIRONMENT, "AWS_SECURITY_TOKEN": "T", "AWS_SESSION_TOKEN": "U"}),
    ("", "", {**ENVIRONMENT, "AWS_CREDENTIAL_EXPIRATION": "2999-01-01T00:00:00+00:00"}),
    ("[DEFAULT]\nregion = eu-west-3\n[default]\n", "", ENVIRONMENT),
    ("[default]\nregion : eu-west-1\nca_bundle = /dev/null\nmax_attempts = 7\n", "", ENVIRONMENT),
    ("[default]\nregion = eu-west-1\n", "", {**ENVIRONMENT, "AWS_DEFAULT_REGION": "us-west-1"}),
    ("[default]\nregion = eu-west-1\nuse_fips_endpoint = true\n", "", ENVIRONMENT),
    ("[default]\nregion = us-gov-west-1\nuse_fips_endpoint = true\n", "", ENVIRONMENT),
    ("[default]\nregion = eu-west-1\nuse_dualstack_endpoint = TRUE\n", "", ENVIRONMENT),
    ("[default]\nregion = eu-west-1\n", "", {**ENVIRONMENT, "AWS_USE_DUALSTACK_ENDPOINT": "true",
                                             "AWS_USE_FIPS_ENDPOINT": "true"}),
    ("[default]\nregion = fips-us-west-2\n", "", ENVIRONMENT),
    ("[default]\nregion = eu-west-1\nsts_regional_endpoints = legacy\n", "", ENVIRONMENT),
    ("[default]\nregion = eusc-de-east-1\n", "", ENVIRONMENT),
    ("[default]\nregion = us-isof-south-1\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:1\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\nuse_fips_endpoint = true\nendpoint_url = http://a\n", "",
     {**ENVIRONMENT, "AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    ("[default]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:1\nservices = lab\n"
     "[services lab]\nec2 =\n  endpoint_url = http://127.0.0.1:2\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\nservices = lab\n[services lab]\nsts =\n"
     "    endpoint_url = http://127.0.0.1:3\n", "",
     {**ENVIRONMENT, "AWS_ENDPOINT_URL_EC2": "http://127.0.0.1:4"}),
    ("[default]\nregion = us-east-1\nservices = lab\n[services lab]\nsts =\n"
     "    endpoint_url = http://127.0.0.1:3\n", "",
     {**ENVIRONMENT, "AWS_ENDPOINT_URL": "http://127.0.0.1:5"}),
    ("[default]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:1\n"
     "ignore_configured_endpoint_urls = true\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\n", "",
     {**ENVIRONMENT, "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
]
REFUSED = [  # by both
    ("[default]\nregion = us-east-1\nservices = gone\n", "", ENVIRONMENT),
    ("[default]\nregion\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\n[default]\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\nsts_regional_endpoints = odd\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\n", "", {**ENVIRONMENT, "AWS_PROFILE": "gone"}),
    ("[default]\nregion = us-east-1\nretry_mode = odd\n", "", ENVIRONMENT),
    ("[default]\nregion = us-east-1\nmax_attempts = odd\n", "", ENVIRONMENT),
]


def variables(home, config, credentials, more):
    (home / "config").write_text(config)
    (home / "credentials").write_text(credentials)
    return {"HOME": str(home), "PATH": os.environ["PATH"], "BOTO_CONFIG": str(home / "no.boto"),
            "AWS_CONFIG_FILE": "~/config", "AWS_SHARED_CREDENTIALS_FILE": "$HOME/credentials",
            "AWS_EC2_METADATA_DISABLED": "true", **more}


def by_botocore(env):
    with unittest.mock.patch.dict(os.environ, env, clear=True):
        session = botocore.session.Session()
        session.register_component("data_loader", LOADER)
        keys = session.get_credentials()
        frozen = keys.get_frozen_credentials()
        region = session.get_config_variable("region")
        out = {"keys": {"id": frozen.access_key, "secret": frozen.secret_key,
                        "token": frozen.token or ""},
               "expires": getattr(keys, "_expiry_time", None),
               "ca_file": session.get_config_variable("ca_bundle") or "",
               "attempts_max": session.get_config_variable("max_attempts") or 0}
        if region:
            clients = {s: session.create_client(s) for s in ("ec2", "sts")}
            out["region"] = clients["ec2"].meta.region_name
            out["ec2"], out["sts"] = (endpoint_of(clients[s]) for s in ("ec2", "sts"))
        return out


def endpoint_of(client):
    """To which it would send, rules for single operations included."""
    sent = {}

    def stop(request, **_):
        sent["url"] = request.url
        raise ZeroDivisionError
    client.meta.events.register_first("before-send.*.*", stop)
    try:
        client.get_caller_identity() if hasattr(client, "get_caller_identity") else \
            client.describe_regions()
    except ZeroDivisionError:
        pass
    return sent["url"].rstrip("/")


def check_cases(probe, home):
    for config, credentials, more in CASES:
        env = variables(home, config, credentials, more)
        theirs = by_botocore(env)
        ours = probe.ask({"op": "setup", "variables": env, "region": "", "endpoint": ""})
        where = (config, credentials, more, "\nours:", ours, "\nbotocore's:", theirs)
        check("error" not in ours["keys"], *where)
        check({k: ours["keys"][k] for k in ("id", "secret", "token")} == theirs["keys"], *where)
        expires = theirs["expires"]
        check(ours["keys"]["expires"] == (expires and int(expires.timestamp())), *where)
        for name in ("region", "ec2", "sts", "ca_file", "attempts_max"):
            if "region" in theirs:
                check(ours.get(name) == theirs[name], name, *where)
    for config, credentials, more in REFUSED:
        env = variables(home, config, credentials, more)
        try:
            theirs = by_botocore(env)
        except (botocore.exceptions.BotoCoreError, ValueError):
            theirs = None
        ours = probe.ask({"op": "setup", "variables": env, "region": "", "endpoint": ""})
        check(theirs is None and "error" in ours, config, more, ours, theirs)
    return len(CASES) + len(REFUSED)


class Machine(http.server.ThreadingHTTPServer):
    """A container's agent and an instance's metadata, which show keys only to who knows the word."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.answer("tok" if self.path == "/latest/api/token" else None)

        def do_GET(self):
            keys = {"Code": "Success", "AccessKeyId": self.path[-1], "SecretAccessKey": "S",
                    "Token": "T", "Expiration": "2999-01-01T00:00:00Z"}
            role = "/latest/meta-data/iam/security-credentials/"
            text = None
            if self.headers.get("Authorization") == "word" and self.path == "/agent":
                text = json.dumps(keys)
            elif self.headers.get("x-aws-ec2-metadata-token") == "tok":
                text = {role: "role", role + "role": json.dumps(keys),
                        "/latest/meta-data/placement/availability-zone/": "eu-north-1a",
                        "/latest/meta-data/placement/region": "eu-north-1"}.get(self.path)
            self.answer(text)

        def answer(self, text):
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Length", str(len(text or "")))
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_):
            pass


def check_machines(probe, home):
    machine = Machine()
    (home / "word").write_text("word")
    agent = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": machine.url + "/agent",
             "AWS_CONTAINER_AUTHORIZATION_TOKEN": "word"}
    instance = {"AWS_EC2_METADATA_DISABLED": "false",
                "AWS_EC2_METADATA_SERVICE_ENDPOINT": machine.url}
    in_file = f"[default]\nec2_metadata_service_endpoint = {machine.url}/\n"
    cases = [("", "", agent), ("", "", {**agent, **instance}), ("", "", instance),
             ("", "", {**agent, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "not it",
                       "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(home / "word")}),
             (in_file, "", {"AWS_EC2_METADATA_DISABLED": "FALSE"}),
             ("[default]\n" + KEYS.format("C"), "", {**agent, **instance})]
    for config, credentials, more in cases:
        env = variables(home, config, credentials, more)
        theirs = by_botocore(env)["keys"]
        ours = probe.ask({"op": "setup", "variables": env, "region": "us-east-1", "endpoint": ""})
        check({k: ours["keys"].get(k) for k in theirs} == theirs, config, more, ours, theirs)
    machine.shutdown()
    machine.server_close()
    return len(cases)


def check_endpoints(probe):
    partitions = LOADER.load_data("partitions")
    regions = [r for p in partitions["partitions"] for r in p["regions"] if "global" not in r]
    count = 0
    for service in ("ec2", "sts"):
        rules = botocore.endpoint_provider.EndpointProvider(
            LOADER.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for region in [*regions, "mars-north-1", "cn-new-9", "us-gov-x-1", "eusc-de-new-2"]:
            for flags in range(8):
                fips, dual, legacy = bool(flags & 1), bool(flags & 2), bool(flags & 4)
                if legacy and service == "ec2":
                    continue
                given = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
                if service == "sts":
                    given["UseGlobalEndpoint"] = legacy
                theirs = rules.resolve_endpoint(**given)
                schemes = theirs.properties.get("authSchemes", [{}])
                ours = probe.ask({"op": "endpoint", "service": service, "region": region,
                                  "fips": fips, "dual_stack": dual, "sts_legacy": legacy})
                expected = {"url": theirs.url, "region": schemes[0].get("signingRegion", region)}
                check(ours == expected, given, ours, expected)
                count += 1
    return count


# --- times, proxies ------------------------------------------------------------------------------

def check_expirations(probe):
    dates = ["2027-01-01", "2027-06-30", "20270101"]
    seps = ["T", "t", " "]
    times = ["00:00:00", "23:59:59.123456", "12:30", "12:30:15,5", "123015", "1230"]
    zones = ["Z", "z", "+00:00", "+0000", "+00", " UTC", "-05:30", "+0530", " +01", ""]
    texts = [d + s + t + z for d in dates for s in seps for t in times for z in zones]
    texts += ["Fri, 01 Jan 2027 00:00:00 GMT", "soon", "", "2027-13-01T00:00:00Z"]
    read = 0
    for text in texts:
        try:
            theirs = dateutil.parser.parse(text)
        except (ValueError, OverflowError):
            theirs = None
        ours = probe.ask({"op": "expiration", "text": text})["time"]
        if theirs is None or theirs.tzinfo is None:
            check(ours is None, repr(text), ours, theirs)
        elif ours is not None:
            check(ours == int(theirs.timestamp()), repr(text), ours, theirs)
            read += 1
        else:
            # What we leave to others: dates and times of mixed forms, which nobody writes.
            mixed = ("-" in text[:8]) != (":" in text[10:16])
            check(mixed or " +" in text, "not read:", repr(text), theirs)
    check(read > 200, "only", read, "times were read")
    return read


def check_proxies(probe):
    rng = random.Random(13)
    hosts = ["ec2.us-east-1.amazonaws.com", "sts.amazonaws.com:8443", "EC2.Example.org", "h:1"]
    excepted = ["", "*", "amazonaws.com", ".amazonaws.com", "x, ec2.example.org", "h", "h:1",
                "amazonaws.com:8443", " ,", "mazonaws.com"]
    for n in range(500):
        env = {name: rng.choice(["", "http://p:1", "q:2", "https://r:3"])
               for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
               if rng.random() < .5}
        if rng.random() < .7:
            env[rng.choice(["NO_PROXY", "no_proxy"])] = rng.choice(excepted)
        url = rng.choice(["http", "https"]) + "://" + rng.choice(hosts) + "/"
        with unittest.mock.patch.dict(os.environ, env, clear=True):
            theirs = botocore.utils.get_environ_proxies(url).get(url.split(":")[0]) or ""
        if theirs and "://" not in theirs:
            theirs = "http://" + theirs
        ours = probe.ask({"op": "proxy", "variables": env, "url": url})
        check(ours == {"proxy": theirs}, env, url, ours, theirs)
    return n + 1


# --- the table -----------------------------------------------------------------------------------

def names_of_botocore():
    provider = botocore.configprovider
    found_variables, keys = set(), set()
    for mapping in (provider.BOTOCORE_DEFAUT_SESSION_VARIABLES, provider.DEFAULT_S3_CONFIG_VARS,
                    provider.DEFAULT_PROXIES_CONFIG_VARS):
        for key, names, *_ in mapping.values():
            every = names if isinstance(names, list) else [names]
            found_variables.update(n for n in every if n)
            every = key if isinstance(key, list) else [key]
            keys.update(k[0] if isinstance(k, tuple) else k for k in every if k)
    for path in pathlib.Path(inspect.getfile(botocore)).parent.glob("*.py"):
        found_variables.update(re.findall(r"""['"](AWS_[A-Z0-9_]+[A-Z0-9])['"]""", path.read_text()))
    source = inspect.getsource(botocore.credentials)
    keys.update(re.findall(r"profile\.get\(\s*'(\w+)'", source))
    keys.update(re.findall(r"profile_config\.get\('(\w+)'", source))
    keys.update(re.findall(r"_get_config\('(\w+)'", source))
    for name in ("_ALL_REQUIRED_CONFIG_VARS",):
        keys.update(getattr(botocore.credentials.SSOProvider, name))
    keys.update(["aws_access_key_id", "aws_secret_access_key", "aws_session_token",
                 "aws_security_token", "aws_account_id", "endpoint_url", "services", "sso_session"])
    return found_variables, keys


def check_table(probe):
    rows = probe.ask({"op": "table"})["rows"]

    def has(column, name):
        return any(row[column] == name or row[column].endswith("*")
                   and name.startswith(row[column][:-1]) for row in rows)
    found_variables, keys = names_of_botocore()
    missing = [n for n in sorted(found_variables) if not has("variable", n)]
    missing += [k for k in sorted(keys) if not has("key", k)]
    check(not missing, "settings of botocore", botocore.__version__, "that our table lacks:",
          *missing)
    check(len(found_variables) > 40 and len(keys) > 40, found_variables, keys)
    return len(found_variables) + len(keys)


def knows_all_that_we_ask():
    """Since about 1.40; Debian 12's 1.29 has neither services sections nor the newest partitions,
    and asks for STS at its former address."""
    partitions = {p["id"] for p in LOADER.load_data("partitions")["partitions"]}
    return "aws-eusc" in partitions and hasattr(botocore.configprovider,
                                                "ConfiguredEndpointProvider")


with tempfile.TemporaryDirectory() as directory, Probe("settings") as probe:
    home = pathlib.Path(directory)
    print(check_table(probe), "names of botocore", botocore.__version__, "are in our table")
    print(check_files(probe, home), "files,", check_commands(probe), "commands,",
          check_expirations(probe), "times and", check_proxies(probe),
          "proxies are read as botocore reads them")
    known = knows_all_that_we_ask()
    if known:
        print(check_cases(probe, home), "homes,", check_machines(probe, home), "machines and",
              check_endpoints(probe), "endpoints are read as botocore reads them")
if not known:
    print(f"SKIPPED aws.settings: homes and endpoints, for which botocore {botocore.__version__} "
          "is too old (pip install -U botocore)")
    sys.exit(77)
