#!/usr/bin/env python3
"""What a person sees on a terminal: wide and narrow, and one that can do nothing but show letters."""
import fcntl
import os
import pty
import re
import socket
import struct
import subprocess
import termios
import unittest

from command_line import BINARY, COMING, HELLO, PATIENCE, READY, Case, environment, overview

TROUBLE = ("EC2 cannot be asked: nothing answers at http://127.0.0.1:4444, which AWS_ENDPOINT_URL "
           "names instead of AWS's own address: is compute-broker ec2sim running there?")


class Terminal(Case):
    def terminal(self, broker, *args, answer="", columns=80, **env):
        """The exit code, and all that is shown, of a command on a terminal where `answer` is typed."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        child = subprocess.Popen([BINARY, *args], env=environment(broker, **env), stdin=theirs,
                                 stdout=theirs, stderr=theirs)
        self.addCleanup(child.kill)
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
                if answer and b"[y/N]" in shown:
                    os.write(ours, answer.encode())
                    answer = ""
        except OSError:
            pass  # the terminal of a program that has ended
        return child.wait(timeout=PATIENCE), shown.decode()

    def narrow(self, broker, *args, **env):
        """What is shown on one of 60 columns, line by line."""
        shown = re.sub(r"\033\[[\d;]*m", "", self.terminal(broker, *args, columns=60, **env)[1])
        lines = re.split(r"\r\n|\r|\033\[\d*[AJ]", shown)
        # A word that is longer than the line stays whole.
        self.assertEqual([line for line in lines if len(line) > 60 and " " in line.strip()], [])
        return [line for line in lines if line]


class Phases(Terminal):
    def test_get_shows_the_phases_on_a_terminal_and_wipes_them(self):
        broker = self.broker(HELLO, ("GET_WORKER", "# launching c7i\n198.51.100.7"))
        shown = self.terminal(broker, "get")[1]
        self.assertIn("launching c7i", shown)
        self.assertTrue(shown.endswith("\r\033[J198.51.100.7\r\n"), shown)

    def test_the_phase_does_not_tell_the_time_twice(self):
        broker = self.broker(HELLO, ("GET_WORKER",
                                     "# booting i-0abc 7s, ready in about 18s\n198.51.100.7"))
        self.assertIn("booting i-0abc, ready in about 18s", self.terminal(broker, "get")[1])

    def test_a_phase_that_is_longer_than_the_line_is_shown_whole_and_wiped_whole(self):
        broker = self.broker(HELLO, ("GET_WORKER", f"# {TROUBLE}\n198.51.100.7"))
        lines = self.narrow(broker, "get")
        self.assertIn(TROUBLE, " ".join(line.strip() for line in lines))
        shown = self.terminal(broker, "get", columns=60)[1]
        rows = 1 + shown.split("cannot be asked")[1].split("\033")[0].count("\n")
        self.assertGreater(rows, 2)
        self.assertTrue(shown.endswith(f"\r\033[{rows - 1}A\033[J198.51.100.7\r\n"), shown)

    def test_a_terminal_that_cannot_overwrite_shows_each_phase_once(self):
        broker = self.broker(HELLO, ("GET_WORKER", "# launching c7i\n# launching c7i\n"
                                     "# booting i-0abc\n198.51.100.7"))
        shown = self.terminal(broker, "get", TERM="dumb")[1]
        self.assertEqual(re.sub(r"\[\d+s\]", "[0s]", shown).splitlines(),
                         ["[0s] launching c7i", "[0s] booting i-0abc", "198.51.100.7"])

    def test_get_waits_a_moment_for_a_broker_that_is_just_coming_up(self):
        held = socket.socket()
        held.bind(("127.0.0.1", 0))  # its port is nobody's yet
        address = "127.0.0.1:%d" % held.getsockname()[1]
        ours, theirs = pty.openpty()
        getter = subprocess.Popen([BINARY, "get", "--broker", address], env=environment(),
                                  stdout=subprocess.PIPE, stderr=theirs, text=True)
        self.addCleanup(getter.kill)
        shown = b""
        while b"no broker answers" not in shown:
            shown += os.read(ours, 65536)
        held.listen()
        client, _ = held.accept()
        with client, client.makefile("rw", newline="\n") as stream:
            stream.readline()
            stream.write(HELLO[1] + "\n198.51.100.7\n")
            stream.flush()
            self.assertEqual(getter.communicate(timeout=PATIENCE)[0], "198.51.100.7\n")
        for end in (held.fileno(), ours, theirs):
            os.close(end)
        held.detach()


class Money(Terminal):
    """What costs money is said, and asked before it ends."""

    def test_terminate_all_asks_on_a_terminal_and_names_what_will_end(self):
        broker = self.broker(("STATUS all", overview(ready=[READY], coming=[COMING])),
                             ("TERMINATE_ALL", '{"terminated":["i-0abc"]}'))
        code, shown = self.terminal(broker, "terminate-all", answer="n\n")
        self.assertEqual(code, 1)
        self.assertIn("198.51.100.7 (i-0abc, c7i.16xlarge)", shown)
        self.assertIn("198.51.100.9 (i-0def, c7i.16xlarge), booting", shown)
        self.assertNotIn("TERMINATE_ALL", broker.lines)
        self.assertEqual(self.terminal(broker, "terminate-all", answer="y\n")[0], 0)
        self.assertEqual(broker.lines[-1], "TERMINATE_ALL")
        self.assertEqual(self.terminal(broker, "terminate-all", "--yes")[0], 0)

    def test_run_without_release_says_on_a_terminal_that_its_worker_stays(self):
        broker = self.broker(HELLO, ("GET_WORKER", "198.51.100.7"))
        code, shown = self.terminal(broker, "run", "--", "true")
        self.assertEqual(code, 0)
        self.assertIn("compute-broker release 198.51.100.7", shown)


class Narrow(Terminal):
    """60 columns: every line breaks between words, and nothing is cut."""

    def test_sentences_and_help_break_between_words_on_a_narrow_terminal(self):
        for args in (["status", "--broker", "127.0.0.1:1"], ["status", "--help"], ["statsu"],
                     ["--help"], ["serve", "--help"], ["ec2sim", "--help"], ["run", "--help"]):
            self.narrow(None, *args)

    def test_a_wide_table_becomes_readable_on_a_narrow_terminal(self):
        broker = self.broker(("STATUS all", overview(ready=[READY])))
        shown = "\n".join(self.narrow(broker, "status"))
        for part in ("198.51.100.7", "i-0abc", "c7i.16xlarge", "14m48s"):
            self.assertIn(part, shown)

    def test_what_a_configuration_sets_is_readable_on_a_narrow_terminal(self):
        file = self.scratch() / "b.toml"
        file.write_text('idle_timeout = "1h"\n[pool.default]\nimage = "ami-0123456789abcdef0"\n')
        lines = self.narrow(None, "check-config", str(file), AWS_REGION="us-east-1")
        shown = re.sub(r" *\n? +# ", " # ", "\n".join(lines))
        self.assertIn(f'image = "ami-0123456789abcdef0" # {file}:3', shown)

    def test_the_daemons_log_breaks_between_words_on_a_narrow_terminal(self):
        lines = self.narrow(None, "serve", "--state-dir", str(self.scratch() / "s"), "--listen",
                            "127.0.0.1:0", "--port-file", "/no/such/directory/port",
                            AWS_REGION="us-east-1", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        self.assertIn("listening", " ".join(lines))


if __name__ == "__main__":
    unittest.main()
