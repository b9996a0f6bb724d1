"""How the real broker reaches AWS: the settings of AWS's own tools, a wrong clock, a proxy."""
import http.server
import re
import subprocess
import threading
import unittest
import urllib.error
import urllib.request

from harness import BINARY, PATIENCE, Case, clean_environment, free_port, until


class Between(http.server.ThreadingHTTPServer):
    """Stands before ec2sim and notes for which region and service each call was signed."""
    daemon_threads = True

    def __init__(self, upstream):
        self.upstream = upstream
        self.signed = []
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            action = re.search(rb"Action=(\w+)", body).group(1).decode()
            region = re.search(r"Credential=[^/]+/\d+/([^/]*)/",
                               self.headers["Authorization"]).group(1)
            self.server.signed.append((action, region))
            request = urllib.request.Request(self.server.upstream, data=body, headers=self.headers)
            try:
                answer = urllib.request.urlopen(request, timeout=PATIENCE)
            except urllib.error.HTTPError as error:
                answer = error
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass


class Proxy(http.server.ThreadingHTTPServer):
    """Answers every CONNECT with `status`, and notes where it was to lead."""
    daemon_threads = True

    def __init__(self, status):
        self.status = status
        self.wanted = []
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.server.wanted.append(self.path)
            self.send_error(self.server.status)

        def log_message(self, *_):
            pass


class Aws(Case):
    def between(self, sim):
        between = Between(sim.url)
        self.addCleanup(between.server_close)
        self.addCleanup(between.shutdown)
        return between

    def test_every_call_is_signed_for_the_configured_region_though_sts_does_not_answer(self):
        between = self.between(self.ec2sim())
        dead = f"http://127.0.0.1:{free_port()}"
        broker = self.broker(between.url, env={"AWS_ENDPOINT_URL_STS": dead})
        ip = broker.ask("GET_WORKER")
        self.assertRegex(ip, r"^\d+\.")
        self.assertIn("RunInstances", {action for action, _ in between.signed})
        self.assertEqual({region for _, region in between.signed}, {"us-east-1"})
        broker.ask(f"RELEASE {ip}")
        until("the end", lambda: "TerminateInstances" in {a for a, _ in between.signed})
        broker.kill()
        between.signed.clear()
        broker.env["AWS_REGION"] = "eu-north-1"
        broker.start()
        until("calls", lambda: len(between.signed) > 2)
        self.assertEqual({region for _, region in between.signed}, {"eu-north-1"})

    def test_a_clock_that_is_an_hour_off_costs_nobody_an_answer(self):
        sim = self.ec2sim(clock_offset="1h")
        broker = self.broker(sim.url)
        answers = []
        callers = [threading.Thread(target=lambda: answers.append(broker.ask(line)))
                   for line in ("GET_WORKER", "LIST_ALL", "GET_WORKER")]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.assertFalse([a for a in answers if a.startswith("ERROR")], answers)
        self.assertEqual(broker.log().count("AWS: signatures are corrected"), 1)

    def test_a_proxy_that_refuses_is_named_and_nothing_is_in_doubt(self):
        proxy = Proxy(407)
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        broker = self.broker("", settings='cloud_unreachable_patience = "1s"', env={
            "HTTPS_PROXY": f"http://lab:hidden@127.0.0.1:{proxy.server_port}"})
        until("the complaint", lambda: "asking again until it works" in broker.log())
        refused = broker.ask("GET_WORKER")
        self.assertIn(f"the proxy 127.0.0.1:{proxy.server_port} does not let requests through to "
                      "ec2.us-east-1.amazonaws.com (HTTP 407", refused)
        self.assertIn("HTTPS_PROXY", refused)
        self.assertIn("ec2.us-east-1.amazonaws.com:443", proxy.wanted)
        self.assertNotIn("outcome", refused)
        self.assertNotIn("hidden", broker.log() + refused)

    def start_with(self, env):
        """`serve` in this environment, which it is expected not to like."""
        config = self.home / "refused.toml"
        config.write_text(f'listen = ["127.0.0.1:0"]\nstate_dir = "{self.home / "refused"}"\n')
        return subprocess.run([BINARY, "serve", "--config", str(config)], timeout=PATIENCE,
                              env=clean_environment(**{"AWS_REGION": "us-east-1", **env}),
                              capture_output=True, text=True)

    def test_a_setting_that_is_not_honoured_is_refused_by_name_at_the_start(self):
        for name, value in (("AWS_CSM_ENABLED", "true"), ("AWS_USE_FIPS_ENDPOINT", "hidden"),
                            ("AWS_CA_BUNDLE", "/hidden"), ("HTTPS_PROXY", "socks5://hidden:1"),
                            ("AWS_ENDPOINT_URL_EC2", "hidden"), ("AWS_REGION", "hidden\nhidden")):
            ended = self.start_with({name: value})
            self.assertNotEqual(ended.returncode, 0, name)
            self.assertIn(name, ended.stderr + ended.stdout)
            self.assertNotIn("hidden", ended.stderr + ended.stdout)

    def test_a_line_break_in_a_token_is_refused_by_name_and_at_the_ends_of_keys_dropped(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, env={"AWS_ACCESS_KEY_ID": "test\n",
                                           "AWS_SECRET_ACCESS_KEY": " test\r\n"})
        self.assertRegex(broker.ask("GET_WORKER"), r"^\d+\.")
        broker.kill()
        broker.env["AWS_SESSION_TOKEN"] = "TOK/1==\nX-Other: 1"
        broker.start()
        until("the complaint", lambda: "AWS_SESSION_TOKEN holds a line break" in broker.log())
        self.assertNotIn("TOK/1", broker.log())


if __name__ == "__main__":
    unittest.main()
