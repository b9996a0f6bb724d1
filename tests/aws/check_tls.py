"""A certificate that nobody vouches for is refused before anything is sent; one that AWS_CA_BUNDLE
vouches for is taken; and the address in it must be the one that was called."""
import http.server
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

from probe import Probe, check

IDENTITY = (b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
            b"</GetCallerIdentityResult></GetCallerIdentityResponse>")
received = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", str(len(IDENTITY)))
        self.end_headers()
        self.wfile.write(IDENTITY)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # handshakes that fail are what is tested


def serve(folder, name, address):
    """An HTTPS server whose own certificate says `address`; gives its port and certificate."""
    key, certificate = (os.path.join(folder, f"{name}.{end}") for end in ("key", "pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-addext", f"subjectAltName=IP:{address}",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port, certificate


def ask(port, bundle, question):
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env.update(AWS_ENDPOINT_URL=f"https://127.0.0.1:{port}", AWS_REGION="us-east-1",
               AWS_ACCESS_KEY_ID="A", AWS_SECRET_ACCESS_KEY="S", HOME="/nonexistent",
               AWS_EC2_METADATA_DISABLED="true")
    if bundle:
        env["AWS_CA_BUNDLE"] = bundle
    with Probe("cloud", env) as probe:
        return probe.ask(question)


if shutil.which("openssl") is None:
    sys.exit("openssl is missing: apt install openssl")
launch = {"op": "launch", "spec": {"token": "t", "region": "us-east-1", "image": "ami-1"}}
with tempfile.TemporaryDirectory() as folder:
    port, certificate = serve(folder, "right", "127.0.0.1")
    refused = ask(port, None, launch)
    check(refused["failure"] == "unreachable" and refused["code"] == "tls", refused)
    taken = ask(port, certificate, {"op": "identify"})
    check(taken["account"] == "123456789012", taken)
    check(len(received) == 1, "requests that arrived:", received)
    port, certificate = serve(folder, "wrong", "127.0.0.2")
    refused = ask(port, certificate, launch)
    check(refused["failure"] == "unreachable" and refused["code"] == "tls", refused)
    check(len(received) == 1, "requests that arrived:", received)
print("TLS is verified: authority and address")
