#!/usr/bin/env python3
"""The Python client's parts, each by itself: addresses, times, Tcl words, kinds of errors, scripts
on workers that misbehave."""
import ast
import os
import pathlib
import re
import tempfile
import threading
import time
import unittest
from unittest import mock

from scripted import CLIENT, ROOT, Case, Door, until
import compute_broker
from compute_broker import address, dserv, errors, times
from compute_broker.errors import EvalError, Stopped, TimedOut, WorkerLost


def no_check():
    pass


class Addresses(Case):
    def test_what_is_given_comes_first_then_the_environment_then_ones_own_file(self):
        with tempfile.TemporaryDirectory() as home:
            own, machine = pathlib.Path(home, "own"), pathlib.Path(home, "machine")
            files = mock.patch.object(address, "configuration_files", lambda: iter([own, machine]))
            with files, mock.patch.dict(os.environ):
                self.assertEqual(str(compute_broker.find_broker()), "127.0.0.1:9000")
                machine.write_text("broker = machine\n")
                self.assertEqual(str(compute_broker.find_broker()), "machine:9000")
                own.write_text("# the lab's\n\n  broker=own:9001  \n")
                self.assertEqual(str(compute_broker.find_broker()), "own:9001")
                os.environ["COMPUTE_BROKER"] = "environment:9002"
                self.assertEqual(str(compute_broker.find_broker()), "environment:9002")
                self.assertEqual(str(compute_broker.find_broker("[::1]:9003")), "[::1]:9003")

    def test_ones_own_file_is_in_the_home_directory(self):
        with mock.patch.dict(os.environ, {"HOME": "/home/ada"}):
            self.assertEqual([str(path) for path in address.configuration_files()],
                             ["/home/ada/.config/compute-broker/client.conf",
                              "/etc/compute-broker/client.conf"])

    def test_what_is_no_address_is_refused_with_what_to_write(self):
        for text in ["", ":9000", "host:", "host:0", "host:65536", "host:x", "a:b:c", "[::1", "::1",
                     "[::1]9000", "two words"]:
            with self.assertRaisesRegex(ValueError, "is no address of a broker; write HOST:PORT"):
                compute_broker.find_broker(text)

    def test_a_line_of_client_conf_that_means_nothing_is_refused_by_file_and_number(self):
        with tempfile.TemporaryDirectory() as home:
            file = pathlib.Path(home, "client.conf")
            files = mock.patch.object(address, "configuration_files", lambda: iter([file]))
            for text, why in [("\nbrokr = a", ":2: 'brokr = a' is not"), ("broker a", ":1:"),
                              ("broker = a:b", ":1: a:b is no address"),
                              (b"\xff", "cannot be read")]:
                file.write_bytes(text if isinstance(text, bytes) else text.encode())
                with files, self.assertRaises(ValueError) as caught:
                    compute_broker.find_broker()
                self.assertIn(str(file), str(caught.exception))
                self.assertIn(why, str(caught.exception))


class Times(unittest.TestCase):
    def test_a_time_is_seconds_or_has_its_units_each_once_from_the_largest(self):
        for text, seconds in [(5, 5), (0.5, 0.5), ("90s", 90), ("20m", 1200), ("1h30m", 5400),
                              ("2d", 172800), ("250ms", 0.25), ("1m5ms", 60.005)]:
            self.assertAlmostEqual(times.seconds(text), seconds)
        for text in ["", "5", "m", "1m2m", "5m1h", "-5s", "1.5h", "soon"]:
            with self.assertRaisesRegex(ValueError, "is no length of time"):
                times.seconds(text)


class Options(Case):
    def test_an_option_that_could_smuggle_in_another_is_refused(self):
        for options in [{"pool": "a b"}, {"type": ""}, {"region": "us\nTERMINATE_ALL"}]:
            with self.assertRaisesRegex(ValueError, "takes one word"):
                compute_broker.worker(**options)
        with self.assertRaisesRegex(ValueError, "1 to 64 bytes"):
            compute_broker.worker(client="x" * 65)

    def test_a_block_of_one_worker_is_never_asked_for_several(self):
        with self.assertRaisesRegex(ValueError, "count=N"):
            compute_broker.worker(count=2).__enter__()


class Kinds(unittest.TestCase):
    """The table of docs/protocol.md is the one by which the client judges."""

    ROWS = {"what was asked": errors.BadRequest, "no worker can": errors.NoCapacity,
            "what you had": WorkerLost, "the broker serves": errors.Unavailable,
            "your address": errors.NotAllowed, "a limit": errors.Limit}

    def rows(self):
        text = (ROOT / "docs/protocol.md").read_text()
        table = text.split("| kind | the text |")[1].split("\n\n")[0]
        return re.findall(r"^\| (.*?) \| (.*) \|$", table, re.M)

    def test_each_text_that_the_document_names_has_the_kind_that_it_says(self):
        rows = self.rows()
        self.assertEqual(len(rows), len(errors.KINDS))
        for name, texts in rows:
            kind = next(k for beginning, k in self.ROWS.items() if name.startswith(beginning))
            for text in re.findall(r"`([^`]+)`", texts):
                if name.startswith("your address"):
                    text = "10.1.2.3" + text
                self.assertIs(type(errors.refusal("ERROR: " + text)), kind, text)

    def test_what_fits_no_row_has_no_kind_and_loses_no_word(self):
        for line, text in [("ERROR: the AMI is gone", "the AMI is gone"),
                           ("ERROR", "the broker answered ERROR without a reason; its log has it")]:
            error = errors.refusal(line)
            self.assertIs(type(error), errors.BrokerError)
            self.assertEqual(str(error), text)

    def test_the_exact_lines_of_the_document_all_have_a_kind(self):
        text = (ROOT / "docs/protocol.md").read_text().split("### Errors")[1].split("### Order")[0]
        lines = re.findall(r"^(?:\| `)?(ERROR(?:: [^`\n]*)?)", text, re.M)
        self.assertGreater(len(lines), 8)
        for line in lines:
            self.assertIsNot(type(errors.refusal(line)), errors.BrokerError, line)


class Scripts(Case):
    def evaluate(self, worker, script="expr 6*7", limit=10.0, check=no_check):
        return dserv.evaluate("127.0.0.1", worker.port, script, limit, check)

    def test_a_script_and_its_result_are_utf_8_whatever_their_length(self):
        worker = self.dserv(lambda script: script)
        for script in ["x", "smörgås \U0001f600", "y" * 300_000]:
            self.assertEqual(self.evaluate(worker, script), script)

    def test_length_and_script_leave_in_one_write(self):
        first = []

        def answer(client):
            first.append(client.recv(65536))
            client.sendall(b"\0\0\0\1x")

        worker = self.opened(Door(answer))
        self.assertEqual(self.evaluate(worker, "y" * 1000), "x")
        self.assertEqual(first, [b"\0\0\x03\xe8" + b"y" * 1000])

    def test_an_error_in_the_script_is_tcls_own_message(self):
        worker = self.dserv(lambda script: "!TCL_ERROR divide by zero")
        with self.assertRaisesRegex(EvalError, "^divide by zero$"):
            self.evaluate(worker)

    def test_a_worker_that_hangs_up_is_lost_and_the_sentence_says_what_it_may_be(self):
        with self.assertRaisesRegex(WorkerLost, "ended the connection before it answered"):
            self.evaluate(self.dserv(lambda script: b""))

    def test_nobody_at_the_port_is_a_lost_worker(self):
        worker = self.dserv(None)
        worker.close()
        with self.assertRaisesRegex(WorkerLost, "cannot reach the worker 127.0.0.1 at port"):
            self.evaluate(worker)

    def test_a_silent_worker_is_given_up_at_the_limit(self):
        begun = time.monotonic()
        with self.assertRaisesRegex(TimedOut, "did not answer the script within 0.4 s"):
            self.evaluate(self.dserv(lambda script: None), limit=0.4)
        self.assertLess(time.monotonic() - begun, 5)

    def test_an_empty_script_is_refused_since_it_has_no_answer(self):
        worker = self.dserv(lambda script: "")
        with self.assertRaisesRegex(ValueError, "empty"):
            self.evaluate(worker, "")
        self.assertEqual(worker.scripts, [])

    def test_a_wait_that_has_become_vain_ends_before_its_limit(self):
        worker = self.dserv(lambda script: None)

        def check():
            if worker.scripts:
                raise WorkerLost("it has ended")

        with self.assertRaisesRegex(WorkerLost, "it has ended"):
            self.evaluate(worker, limit=60, check=check)

    def test_more_threads_than_the_worker_has_places_take_turns_four_at_a_time(self):
        lock, four, now, most = threading.Lock(), threading.Barrier(4, timeout=60), [0], [0]

        def answer(script):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            four.wait()
            with lock:
                now[0] -= 1
            return script

        worker, results = self.dserv(answer), []
        threads = [threading.Thread(
            target=lambda n=n: results.append(self.evaluate(worker, str(n)))) for n in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(int, results)), list(range(32)))
        self.assertEqual(most[0], 4)

    def test_the_wait_for_a_turn_counts_and_is_given_up_too(self):
        worker = self.dserv(lambda script: None)
        done = []

        def long():
            with self.assertRaises(Stopped):
                self.evaluate(worker, "long", 60, check=lambda: stop() if done else None)

        def stop():
            raise Stopped("over")

        threads = [threading.Thread(target=long) for _ in range(4)]
        for thread in threads:
            thread.start()
        until("the four", lambda: len(worker.scripts) == 4)
        with self.assertRaisesRegex(TimedOut, "other scripts on the worker .* were not done"):
            self.evaluate(worker, "short", 0.3)
        done.append(True)
        for thread in threads:
            thread.join()
        self.assertEqual(worker.scripts, ["long"] * 4)


class Values(unittest.TestCase):
    def test_a_value_is_what_tcl_takes_it_for(self):
        for value, text in [(7, "7"), (1.5, "1.5"), (True, "1"), ((1, 2), "1 2"),
                            (["a b", ["c", ""]], r"a\ b c\ \{\}")]:
            self.assertEqual(dserv.tcl(value), text)


class Language(unittest.TestCase):
    def test_python_3_9_reads_it(self):
        files = sorted(CLIENT.rglob("*.py"))
        self.assertGreater(len(files), 10)
        for file in files:
            ast.parse(file.read_text(), str(file), feature_version=(3, 9))

    def test_no_file_is_long_and_none_imports_what_is_not_pythons_own(self):
        known = {"__future__", "argparse", "asyncio", "base64", "collections", "concurrent.futures",
                 "copy", "hashlib", "json", "os", "pathlib", "random", "re", "shutil", "signal",
                 "socket", "struct", "subprocess", "sys", "tarfile", "threading", "time", "types",
                 "typing", "warnings", "zipfile"}
        for file in CLIENT.rglob("*.py"):
            text = file.read_text()
            self.assertLessEqual(len(text.splitlines()), 400, file)
            self.assertEqual([line for line in text.splitlines() if len(line) > 100], [], file)
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import):
                    self.assertEqual([a.name for a in node.names if a.name not in known], [])
                if isinstance(node, ast.ImportFrom) and not node.level:
                    self.assertIn(node.module, known)


if __name__ == "__main__":
    unittest.main()
