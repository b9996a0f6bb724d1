"""The Tcl client against the real broker and ec2sim, in the tclsh that TCLSH names."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness import PATIENCE, Case, clean_environment, until  # noqa: E402

CLIENT = ROOT / "clients" / "tcl"
TCLSH = os.environ.get("TCLSH", "tclsh8.6")
SHORT = """
idle_timeout = "1s"
lease_grace = "2s"
restart_grace = "1s"
"""


class Rig:
    """A script under way. It is told to go on by a line, for which it may block."""

    def __init__(self, case, script):
        file = case.home / "rig.tcl"
        file.write_text(f"tcl::tm::path add {{{CLIENT}}}\npackage require compute_broker\n"
                        f"fconfigure stdout -buffering line\n{script}\n")
        env = clean_environment(COMPUTE_BROKER=f"127.0.0.1:{case.served.port}")
        self.popen = subprocess.Popen([TCLSH, str(file)], env=env, text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
        case.addCleanup(self.end)

    def line(self):
        return self.popen.stdout.readline().rstrip("\n")

    def go_on(self):
        self.popen.stdin.write("\n")
        self.popen.stdin.flush()

    def rest(self):
        out, _ = self.popen.communicate(timeout=PATIENCE)
        assert self.popen.returncode == 0, out
        return out.rstrip("\n")

    def end(self):
        self.popen.kill()
        self.popen.communicate()


class TclClient(Case):
    def serve(self, settings=SHORT, **sim):
        self.sim = self.ec2sim(**sim)
        self.served = self.broker(self.sim.url, settings=settings)

    def restart(self):
        """kill -9 and a new start, at the same address."""
        self.served.kill()
        if "--listen" not in self.served.flags:
            self.served.flags += ["--listen", f"127.0.0.1:{self.served.port}"]
        self.served.start()

    def control_worker(self, what):
        self.sim.control(f"instances/{self.sim.alive()[0]['id']}/{what}", {})

    def leases(self):
        return [(lease["lease"], lease["connected"])
                for worker in json.loads(self.served.ask("STATUS")) for lease in worker["leases"]]

    def stays(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.assertEqual(len(self.sim.alive()), 1)
            time.sleep(0.1)

    def ends(self):
        until("the end of its machine", lambda: not self.sim.alive())

    def test_the_examples_of_its_readme_run_as_they_stand(self):
        self.serve()
        examples = re.findall(r"^```tcl\n(.*?)^```$", (CLIENT / "README.md").read_text(),
                              re.M | re.S)
        printed = []
        for example in examples:
            printed.append(Rig(self, example).rest())
            self.ends()
        self.assertEqual(printed, ["42", "42", "4199958", "the script: divide by zero"])

    def test_the_next_block_has_the_machine_of_the_one_before_until_one_releases_it(self):
        self.serve(settings="")
        block = "compute_broker::with w {%s} { puts [$w address] }"
        first = Rig(self, block % "").rest()
        self.assertEqual(Rig(self, block % "-release 1").rest(), first)
        self.ends()
        self.assertEqual(len(self.sim.instances()), 1)
        Rig(self, block % "-exclusive 1").rest()
        self.ends()

    def test_a_lease_outlives_kill_9_of_the_broker_under_a_script_of_the_worker(self):
        self.serve()
        rig = Rig(self, "compute_broker::with w {} {\n"
                        "  puts [$w lease]\n"
                        "  puts [$w eval {after 2500; return done}][$w lost]\n}")
        lease = rig.line()
        self.restart()
        until("it is taken up again", lambda: self.leases() == [(lease, True)])
        self.assertEqual(rig.rest(), "done")
        self.ends()

    def test_a_lease_outlives_kill_9_of_the_broker_under_an_event_loop(self):
        self.serve()
        rig = Rig(self, "fileevent stdin readable {set go 1}\n"
                        "compute_broker::with w {} {\n"
                        "  puts [$w lease]\n"
                        "  vwait go\n"
                        "  puts [$w eval {expr 6*7}][$w lost]\n}")
        lease = rig.line()
        self.restart()
        until("it is taken up again", lambda: self.leases() == [(lease, True)])
        self.stays(2.5)
        rig.go_on()
        self.assertEqual(rig.rest(), "42")
        self.ends()

    SILENT = ("compute_broker::with w {%s} {\n"
              "  puts [$w address]\n"
              "  gets stdin\n"
              "  if {[catch {$w eval {expr 6*7}} why told]} {set why [dict get $told -errorcode]}\n"
              "  puts $why\n}")

    def test_a_silent_script_keeps_a_held_lease_over_a_restart_and_the_release_of_others(self):
        self.serve()
        rig = Rig(self, self.SILENT % "-hold 1m")
        address = rig.line()
        self.restart()
        self.assertEqual(self.served.ask(f"RELEASE {address}"), "OK")
        self.stays(3)
        rig.go_on()
        self.assertEqual(rig.rest(), "42")
        self.ends()

    def test_a_silent_script_that_did_not_ask_for_that_is_told_that_its_worker_is_lost(self):
        self.serve()
        rig = Rig(self, self.SILENT % "")
        address = rig.line()
        self.restart()
        self.ends()
        rig.go_on()
        self.assertIn(f"COMPUTE_BROKER WORKER_LOST {address}", rig.rest())

    def evaluate_for_ever(self):
        rig = Rig(self, "compute_broker::with w {} {\n"
                        "  puts [$w address]\n"
                        "  catch {$w eval {after 60000}} why options\n"
                        "  puts \"[dict get $options -errorcode]: $why\"\n}")
        self.assertRegex(rig.line(), "^127")
        return rig

    def test_a_worker_that_dies_under_a_script_is_told_at_once(self):
        self.serve()
        rig = self.evaluate_for_ever()
        self.control_worker("kill")
        self.assertRegex(rig.rest(), r"^COMPUTE_BROKER WORKER_LOST \S+: (cannot reach )?the worker")

    def test_a_worker_that_is_silent_and_ended_is_told_with_the_brokers_reason(self):
        self.serve(shutting_down="30s")
        rig = self.evaluate_for_ever()
        self.control_worker("freeze")
        self.served.ask("TERMINATE_ALL")
        self.assertRegex(rig.rest(),
                         r"^COMPUTE_BROKER WORKER_LOST (\S+): the worker \1 is no more: "
                         r"ended by TERMINATE_ALL of a client at 127.0.0.1$")

    def refused(self):
        return Rig(self, "catch {compute_broker::lease -wait 20s} why options\n"
                         "puts \"[lindex [dict get $options -errorcode] 1]: $why\"").rest()

    def test_no_capacity_is_told_with_ec2s_own_sentence(self):
        self.serve()
        self.sim.control("settings", {"capacity": [{"instances": 0}]})
        self.assertRegex(self.refused(), "^NO_CAPACITY: no capacity for pool default .*"
                                         "InsufficientInstanceCapacity: [A-Z].*; tried again in ")

    def test_limits_of_the_broker_are_a_kind_of_their_own(self):
        self.serve(settings="launches_per_hour_max = 1")
        self.served.ask("RELEASE " + self.served.ask("GET_WORKER"))
        self.ends()
        self.assertRegex(self.refused(), "^LIMIT: 1 launch(es)? in the last hour ")
        config = self.served.config
        config.write_text("max_workers = 0\n" + config.read_text())
        self.served.kill()
        self.served.start()
        self.assertRegex(self.refused(), "^LIMIT: max_workers = 0: launching is switched off")


if __name__ == "__main__":
    unittest.main(verbosity=2)
