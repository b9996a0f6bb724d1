"""Clients as they are written in the field, against the real broker on the simulated EC2."""
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import unittest

from harness import BINARY, Case, clean_environment, free_port, read_all, remote_eval, until

TCL_CLIENT = r"""
set sock [socket [lindex $argv 0] [lindex $argv 1]]
puts $sock "GET_WORKER"
flush $sock
gets $sock worker_ip
close $sock
puts $worker_ip
set w [socket $worker_ip 2560]
fconfigure $w -translation binary -buffering full
set script {expr 6*7}
puts -nonewline $w [binary format Ia* [string length $script] $script]
flush $w
binary scan [read $w 4] I size
puts [read $w $size]
close $w
set sock [socket [lindex $argv 0] [lindex $argv 1]]
puts $sock "RELEASE $worker_ip"
flush $sock
gets $sock response
close $sock
puts $response
"""


class Clients(Case):
    def setUp(self):
        super().setUp()
        self.sim = self.ec2sim()
        self.served = self.broker(self.sim.url)

    def test_get_worker_gives_an_address_at_which_dserv_answers(self):
        ip = self.served.ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(self.served.ask(""), ip, "an empty line is GET_WORKER")
        self.assertEqual(len(self.sim.alive()), 1)

    def test_a_tcl_client_with_crlf_and_a_blocking_gets(self):
        script = self.home / "client.tcl"
        script.write_text(TCL_CLIENT)
        done = subprocess.run(["tclsh", str(script), "127.0.0.1", str(self.served.port)],
                              capture_output=True, text=True, timeout=60)
        lines = done.stdout.split()
        self.assertEqual(lines[1:], ["42", "OK"], done)
        until("the worker's end", lambda: not self.sim.alive())

    def test_a_python_client_that_releases_without_newline_and_closes_at_once(self):
        with socket.create_connection(("127.0.0.1", self.served.port)) as s:
            s.send(b"GET_WORKER\n")
            ip = s.recv(1024).decode().strip()
        with socket.create_connection(("127.0.0.1", self.served.port)) as s:
            s.send(f"RELEASE {ip}".encode())
        until("the worker's end", lambda: not self.sim.alive())

    def test_netcat_half_closes_and_reads_the_answer(self):
        done = subprocess.run(f"printf 'GET_WORKER\\n' | nc -N 127.0.0.1 {self.served.port}",
                              shell=True, capture_output=True, text=True, timeout=60)
        self.assertEqual(remote_eval(done.stdout.strip(), "expr 6*7"), "42")

    def test_a_port_scan_or_health_check_launches_nothing(self):
        for _ in range(5):
            self.served.connect().close()
        for _ in range(5):
            with self.served.connect() as s:
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(read_all(s), b"")
        self.assertEqual(self.served.ask("STATUS"), "[]")
        self.assertEqual(self.sim.instances(), [])

    def test_fifty_callers_at_once_cause_one_launch_and_get_equal_answers(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.served.ask("GET_WORKER")))
                   for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(answers), 50)
        self.assertEqual(len(set(answers)), 1, set(answers))
        self.assertEqual(len(self.sim.instances()), 1)

    def test_a_caller_who_resets_the_connection_leaves_the_launch_to_the_next(self):
        s = self.served.connect()
        s.sendall(b"GET_WORKER\n")
        until("the launch", self.sim.instances)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
        ip = self.served.ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(len(self.sim.instances()), 1)

    def test_status_list_and_terminate_all(self):
        ip = self.served.ask("GET_WORKER")
        status = json.loads(self.served.ask("STATUS"))
        self.assertEqual(status[0]["ip"], ip)
        self.assertTrue(status[0]["instance_id"].startswith("i-"))
        self.assertIsInstance(status[0]["idle_seconds"], int)
        self.assertIsInstance(status[0]["will_terminate_in"], int)
        listed = json.loads(self.served.ask("LIST_ALL"))
        self.assertEqual([(i["ip"], i["state"]) for i in listed], [(ip, "running")])
        for key in ("instance_id", "instance_type", "launch_time"):
            self.assertIn(key, listed[0])
        ended = json.loads(self.served.ask("TERMINATE_ALL"))
        self.assertEqual(ended, {"terminated": [status[0]["instance_id"]]})
        until("the end", lambda: not self.sim.alive())
        until("the last word", lambda: self.served.ask("TERMINATE_ALL") ==
              '{"message":"No workers to terminate"}')

    def test_ping_and_release(self):
        ip = self.served.ask("GET_WORKER")
        self.assertEqual(self.served.ask(f"PING {ip}"), "OK")
        self.assertEqual(self.served.ask("PING 192.0.2.1"), "ERROR: Worker not found")
        self.assertEqual(self.served.ask(f"RELEASE {ip}"), "OK")
        self.assertEqual(self.served.ask(f"PING {ip}"), "ERROR: Worker not found")
        self.assertEqual(self.served.ask("RELEASE 192.0.2.1"), "OK")
        self.assertEqual(self.served.ask("EXPLAIN"), "ERROR: Unknown command")

    def test_protocol_2_keeps_the_connection_and_tells_the_phases(self):
        with self.served.connect() as s:
            f = s.makefile("rw", newline="\n")
            f.write("HELLO 2 client=test\nGET_WORKER\nSTATUS\n")
            f.flush()
            self.assertRegex(f.readline(), r"^OK compute-broker \S+ protocol 2\n$")
            lines = [f.readline()]
            while lines[-1].startswith("# "):
                lines.append(f.readline())
            self.assertGreater(len(lines), 1, "no phase was told")
            ip = lines[-1].strip()
            self.assertEqual(json.loads(f.readline())[0]["ip"], ip)
            f.write(f"PING {ip}\n")
            f.flush()
            self.assertEqual(f.readline(), "OK\n")


class CommandLine(Case):
    def setUp(self):
        super().setUp()
        self.sim = self.ec2sim()
        self.served = self.broker(self.sim.url)

    def test_get_prints_the_address_only(self):
        done = self.served.cli("get")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(remote_eval(done.stdout.strip(), "expr 6*7"), "42")
        self.assertEqual(done.stdout.count("\n"), 1)

    def test_the_other_commands(self):
        ip = self.served.cli("get").stdout.strip()
        self.assertEqual(self.served.cli("ping", ip).returncode, 0)
        self.assertEqual(self.served.cli("ping", "192.0.2.1").returncode, 1)
        self.assertIn(ip, self.served.cli("status").stdout)
        self.assertEqual(json.loads(self.served.cli("status", "--json").stdout)[0]["ip"], ip)
        self.assertIn(ip, self.served.cli("list").stdout)
        self.assertEqual(self.served.cli("release", ip).returncode, 0)
        until("the end", lambda: not self.sim.alive())
        self.assertEqual(self.served.cli("terminate-all").returncode, 0)

    def test_client_conf_names_the_broker_where_nothing_else_does(self):
        folder = self.home / "own" / "compute-broker"
        folder.mkdir(parents=True)
        conf = folder / "client.conf"
        env = clean_environment(XDG_CONFIG_HOME=str(self.home / "own"))

        def status(*flags, **more):
            return subprocess.run([BINARY, "status", *flags], env={**env, **more},
                                  capture_output=True, text=True, timeout=60)
        conf.write_text(f"# the lab's\n\nbroker = 127.0.0.1:{self.served.port}\n")
        self.assertEqual(status().returncode, 0, status())
        nowhere = f"127.0.0.1:{free_port()}"
        self.assertIn(nowhere, status("--broker", nowhere).stderr)
        self.assertIn(nowhere, status(COMPUTE_BROKER=nowhere).stderr)
        for text, complaint in (("broker = lab server\n", "client.conf:1: lab server is no address"),
                                ("\nhost = lab\n", 'client.conf:2: "host = lab" is not broker =')):
            conf.write_text(text)
            done = status()
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(complaint, done.stderr.replace("\n", " "))
            self.assertIn(complaint, json.loads(status("--json").stdout)["error"])
            self.assertEqual(status("--broker", f"127.0.0.1:{self.served.port}").returncode, 0)

    def test_run_gives_the_command_a_worker_and_passes_on_its_exit_code(self):
        done = self.served.cli("run", "--release", "--", "sh", "-c",
                               "echo $WORKER_IP $WORKER_PORT; exit 7")
        ip, port = done.stdout.split()
        self.assertEqual(done.returncode, 7, done)
        self.assertEqual(port, "2560")
        self.assertTrue(ip.startswith("127."))
        until("the end", lambda: not self.sim.alive())

    def test_run_passes_on_signals(self):
        env = clean_environment(COMPUTE_BROKER=f"127.0.0.1:{self.served.port}")
        marker = self.home / "ready"
        runner = subprocess.Popen(
            [BINARY, "run", "--", "sh", "-c",
             f"trap 'exit 9' TERM; touch {marker}; while :; do sleep 0.05; done"], env=env)
        until("the command", marker.exists)
        runner.send_signal(signal.SIGTERM)
        self.assertEqual(runner.wait(timeout=60), 9)

    def test_a_broker_that_is_not_there_is_one_sentence(self):
        self.served.kill(signal.SIGTERM)
        done = self.served.cli("get")
        self.assertEqual(done.returncode, 3, done)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn(str(self.served.port), done.stderr)


if __name__ == "__main__":
    unittest.main()
