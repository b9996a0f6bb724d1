#!/usr/bin/env python3
"""What cloud-init's own code makes of a launch's user data, for each form that a lab may write."""
import gzip
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "build/unpacked/cloud-init/usr/lib/python3/dist-packages"))
try:
    from cloudinit import handlers, helpers, user_data
    from cloudinit.handlers.boot_hook import BootHookPartHandler
    from cloudinit.handlers.shell_script import ShellScriptPartHandler
except ImportError:
    SYSTEM = "/usr/bin/python3"  # distributions install it for their own interpreter
    if sys.executable != SYSTEM and os.path.exists(SYSTEM) and not os.environ.get("TRIED_SYSTEM"):
        os.execve(SYSTEM, [SYSTEM, *sys.argv], {**os.environ, "TRIED_SYSTEM": "1"})
    print("SKIPPED: the python package cloudinit is not here (scripts/unpack-packages cloud-init cloud-init)")
    sys.exit(77)

PROBE = sys.argv.pop(1)
SCRIPT = "#!/bin/sh\necho grüße 日本\n"
CONFIG = "#cloud-config\n# grüße\npackages: [jq]\n"
BOOTHOOK = "#cloud-boothook\n#!/bin/sh\necho grüße\n"
JINJA = "## template: jinja\n#cloud-config\nhostname: {{ v1.local_hostname }}\n"
JSONP = '#cloud-config-jsonp\n[{"op": "add", "path": "/packages", "value": ["jq"]}]\n'
HANDLER = ("#part-handler\ndef list_types():\n  return ['text/x-shellscript']\n"
           "def handle_part(data, ctype, filename, payload):\n  raise SystemExit(1)\n")
ARCHIVE = "#cloud-config-archive\n- type: text/cloud-config\n  content: |\n    packages: [jq]\n"
INCLUDE = "#include\nhttp://127.0.0.1:9/script.sh\n"


def mime(*parts):
    """Parts of (type, further headers, body), as written by hand."""
    pieces = [f"--==B==\nContent-Type: {kind}\n{extra}\n{body}\n" for kind, extra, body in parts]
    return ('Content-Type: multipart/mixed; boundary="==B=="\nMIME-Version: 1.0\n\n'
            + "".join(pieces) + "--==B==--\n")


ARCHIVE_OF_TWO = mime(("text/cloud-config; charset=\"us-ascii\"", "Merge-Type: list(append)\n",
                       CONFIG),
                      ("text/x-shellscript", "Content-Transfer-Encoding: base64\n"
                       'Content-Disposition: attachment; filename="b.sh"\n',
                       "IyEvYmluL3NoCmVj\naG8gaGkK"))


class Instance:
    """A data source, as far as the handlers ask it."""

    def get_instance_id(self):
        return "i-0abc"


class UserData(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="user-data-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.paths = helpers.Paths({"cloud_dir": str(self.dir), "run_dir": str(self.dir)},
                                   Instance())

    def probe(self, own):
        """The program's result for a pool whose user_data_file holds `own`; None: it has none."""
        line = ""
        if own is not None:
            own = own.encode() if isinstance(own, str) else own
            (self.dir / "own").write_bytes(own)
            line = 'user_data_file = "own"\n'
        config = self.dir / "broker.toml"
        config.write_text("[pool.default]\nimage = \"ami-1\"\n" + line)
        return subprocess.run([PROBE, str(config)], capture_output=True, timeout=60)

    def message(self, own):
        done = self.probe(own)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLessEqual(len(done.stdout), 16 * 1024)
        return user_data.UserDataProcessor(self.paths).process(done.stdout)

    def parts(self, own):
        """(type, payload, headers) of each part that cloud-init hands to its handlers."""
        seen = []
        handlers.walk(self.message(own), lambda data, name, payload, headers: data.append(
            (headers["Content-Type"], payload, headers)), seen)
        return seen

    def check_guard(self, parts):
        self.assertEqual([kind for kind, *_ in parts[:2]],
                         ["text/cloud-boothook", "text/x-shellscript"])
        self.assertIn("(sleep 43200; systemctl poweroff", parts[0][1])
        self.assertTrue(parts[1][1].startswith("#!/bin/sh\nshutdown -P +720 "), parts[1][1])

    def test_cloud_init_finds_the_guard_and_the_labs_part_intact_in_each_form(self):
        forms = {"text/x-shellscript": [SCRIPT, SCRIPT.replace("\n", "\r\n"), gzip.compress(
            SCRIPT.encode()), "#!/bin/sh\nmail <<END\nMIME-Version: 1.0\nEND\n",
            "#!/bin/sh\n" + "echo a long line that says the same again and again\n" * 2000],
                 "text/cloud-config": [CONFIG, gzip.compress(CONFIG.encode())],
                 "text/cloud-boothook": [BOOTHOOK], "text/jinja2": [JINJA],
                 "text/cloud-config-jsonp": [JSONP], "text/part-handler": [HANDLER]}
        for kind, texts in forms.items():
            for own in texts:
                with self.subTest(kind=kind, own=own[:40]):
                    parts = self.parts(own)
                    self.check_guard(parts)
                    plain = own if isinstance(own, str) else gzip.decompress(own).decode()
                    self.assertEqual([part[:2] for part in parts[2:]], [(kind, plain)])

    def test_a_mime_archive_keeps_its_parts_their_headers_and_their_letters(self):
        for own in (ARCHIVE_OF_TWO, gzip.compress(ARCHIVE_OF_TWO.encode()),
                    ARCHIVE_OF_TWO.replace("\n", "\r\n"),
                    mime(('multipart/mixed; boundary="in"', "", "--in\nContent-Type: "
                          "text/cloud-config\nMerge-Type: list(append)\n\n" + CONFIG + "\n--in\n"
                          "Content-Type: text/plain\n\n#!/bin/sh\necho hi\n\n--in--\n"))):
            with self.subTest(own=own[:60]):
                parts = self.parts(own)
                self.check_guard(parts)
                self.assertEqual([(kind, payload.replace("\r\n", "\n")) for kind, payload, _ in
                                  parts[2:]],
                                 [("text/cloud-config", CONFIG),
                                  ("text/x-shellscript", "#!/bin/sh\necho hi\n")])
                self.assertEqual(parts[2][2]["Merge-Type"], "list(append)")

    def test_without_user_data_of_its_own_the_guard_is_there_alone(self):
        for own in (None, "", "\n \n"):
            parts = self.parts(own)
            self.check_guard(parts)
            self.assertEqual(len(parts), 2)

    def refused(self, own, *says):
        done = self.probe(own)
        self.assertEqual(done.returncode, 1, done.stdout)
        for piece in ("pool.default.user_data_file", *says):
            self.assertIn(piece, done.stderr.decode())

    def test_what_cannot_arrive_or_could_take_the_guard_along_is_refused_by_name(self):
        for own, *says in (
                ("#!/bin/sh\necho grüße\n".encode("latin-1"), "line 2 is not UTF-8", "iconv"),
                (gzip.compress("#!/bin/sh\necho grüße\n".encode("latin-1")), "line 2 is not UTF-8"),
                (INCLUDE, "#include", "fetch it in a script"),
                (INCLUDE.replace("#include", "#include-once"), "#include-once"),
                (gzip.compress(INCLUDE.encode()), "#include"),
                (ARCHIVE, "#cloud-config-archive", "MIME archive"),
                ("echo hello\n", "its first line has to begin with"),
                ("\ufeff#!/bin/sh\n", "byte order mark"),
                ("\n#!/bin/sh\n", "very first letters"),
                (gzip.compress(SCRIPT.encode())[:-9], "cannot be decompressed"),
                (mime(("text/x-include-url", "", "http://127.0.0.1:9/")), "part 1", "#include"),
                (mime(("text/plain", "", SCRIPT), ("text/plain", "", INCLUDE)), "part 2"),
                (mime(("text/x-shellscript", "", "echo no head")), "part 1", "#!"),
                (mime(("application/x-gzip", "", "oops")), "part 1", "decompress"),
                (mime(("text/cloud-config-archive", "", "[{type: x}]")), "MIME archive"),
                (mime(("text/x-shellscript", "Content-Transfer-Encoding: quoted-printable\n",
                       SCRIPT)), "use base64"),
                (ARCHIVE_OF_TWO[:-8], "boundary"),
                (b"#!/bin/sh\n: " + random.Random(1).randbytes(14000).hex().encode(), "16384")):
            with self.subTest(own=own[:60]):
                self.refused(own, *says)

    def test_user_data_that_is_too_long_is_refused_with_its_size(self):
        self.refused(b"#!/bin/sh\n: " + random.Random(1).randbytes(14000).hex().encode(),
                     "too long: compressed and with the broker's own it has", "takes 16384")

    def test_the_guard_runs_before_a_part_of_the_labs_that_ends_cloud_init(self):
        bin_dir = self.dir / "bin"
        bin_dir.mkdir()
        for name in ("sleep", "systemctl"):
            program = bin_dir / name
            program.write_text(f"#!/bin/sh\necho {name} $* >>{self.dir}/ran\n")
            program.chmod(0o755)
        before = os.environ["PATH"]
        os.environ["PATH"] = f"{bin_dir}:{before}"
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        self.hand_to_handlers(HANDLER)
        deadline = time.monotonic() + 20
        ran = self.dir / "ran"
        while not (ran.exists() and ran.read_text() == "sleep 43200\nsystemctl poweroff\n"):
            self.assertLess(time.monotonic(), deadline, "the boothook has not run")
            time.sleep(0.01)

    def hand_to_handlers(self, own):
        known = helpers.ContentHandlers()
        known.register(BootHookPartHandler(self.paths, Instance()))
        known.register(ShellScriptPartHandler(self.paths))
        sys.path.insert(0, str(self.dir))
        data = {"handlers": known, "handlerdir": str(self.dir), "data": None, "handlercount": 0,
                "frequency": "once-per-instance", "excluded": []}
        # The lab's handler ends cloud-init when it is asked to begin.
        with self.assertRaises(SystemExit):
            handlers.walk(self.message(own), handlers.walker_callback, data)


if __name__ == "__main__":
    unittest.main()
