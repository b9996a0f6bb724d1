"""What goes wrong in the field, done to the real broker on the simulated EC2."""
import os
import signal
import sqlite3
import subprocess
import threading
import unittest

from harness import (BINARY, PATIENCE, Broker, Case, Process, clean_environment, free_port,
                     remote_eval, until)


class Troubles(Case):
    def test_killed_while_pending_the_instance_is_taken_up_at_the_restart(self):
        sim = self.ec2sim(pending="1s")
        broker = self.broker(sim.url)
        caller = threading.Thread(target=lambda: self.unanswered(broker))
        caller.start()
        until("the launch", sim.instances)
        broker.kill(signal.SIGKILL)
        caller.join()
        ip = broker.start().ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(len(sim.instances()), 1)

    def unanswered(self, broker):
        with broker.connect() as s:
            s.sendall(b"GET_WORKER\n")
            try:
                self.assertEqual(s.recv(100), b"")
            except ConnectionResetError:
                pass

    def test_stopped_during_a_launch_the_caller_hears_and_the_launch_is_taken_up(self):
        sim = self.ec2sim(pending="1s")
        broker = self.broker(sim.url)
        answers = []
        caller = threading.Thread(target=lambda: answers.append(broker.ask("GET_WORKER")))
        caller.start()
        until("the launch", sim.instances)
        self.assertEqual(broker.kill(signal.SIGTERM), 0)
        caller.join()
        self.assertRegex(answers[0], "^ERROR: ")
        ip = broker.start().ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(len(sim.instances()), 1)

    def test_an_answer_that_is_lost_after_the_effect_costs_no_second_instance(self):
        sim = self.ec2sim()
        sim.control("settings", {"faults": [
            {"action": "RunInstances", "do": "lose_after", "next": 3}]})
        broker = self.broker(sim.url)
        ip = broker.ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(len(sim.instances()), 1)

    def test_ec2_unreachable_at_start_it_starts_says_so_and_recovers(self):
        port = free_port()
        broker = self.broker(f"http://127.0.0.1:{port}",
                             settings='cloud_unreachable_patience = "1s"')
        until("the complaint", lambda: "asking again until it works" in broker.log())
        self.assertRegex(broker.ask("GET_WORKER"), "^ERROR: .*EC2 cannot be asked")
        args = [BINARY, "ec2sim", "--listen", f"127.0.0.1:{port}", "--port-file",
                str(self.home / "late.port"), "--set", "pending=100ms"]
        self.processes.append(Process(args, clean_environment(), self.home / "late.log"))
        # Who asks makes it look: without anybody it would take listing_slow.
        ip = until("recovery", lambda: self.address(broker.ask("GET_WORKER")))
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertIn("EC2 answers again", broker.log())

    @staticmethod
    def address(answer):
        return "" if answer.startswith("ERROR") else answer

    def test_wrong_credentials_are_told_and_nothing_is_launched(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, env={"AWS_SECRET_ACCESS_KEY": "wrong"})
        answer = broker.ask("GET_WORKER")
        self.assertRegex(answer, "^ERROR: EC2 cannot be asked: .*(AuthFailure|Signature)")
        self.assertEqual(sim.instances(), [])

    def test_an_idle_worker_ends_by_itself(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings='idle_timeout = "1s"\nrestart_grace = "0s"')
        broker.ask("GET_WORKER")
        until("the end", lambda: sim.instances("terminated"))
        self.assertRegex(broker.log(), r"idle \d+ s \(limit \d+ s\): terminating")

    def test_no_capacity_on_spot_gives_an_on_demand_worker(self):
        sim = self.ec2sim()
        sim.control("settings", {"capacity": [{"market": "spot", "instances": 0}]})
        broker = self.broker(sim.url)
        self.assertEqual(remote_eval(broker.ask("GET_WORKER"), "expr 6*7"), "42")
        self.assertEqual([i["market"] for i in sim.alive()], ["on-demand"])
        self.assertIn("InsufficientInstanceCapacity", broker.log())

    def test_a_worker_that_dies_silently_is_replaced(self):
        sim = self.ec2sim()
        # Its service may be started again: callers wait for that for launch_timeout.
        broker = self.broker(sim.url, settings='alive_interval = "200ms"',
                             pool='launch_timeout = "3s"')
        first = broker.ask("GET_WORKER")
        sim.control(f"instances/{sim.alive()[0]['id']}/kill", {})
        until("suspicion", lambda: "not handed out until it answers" in broker.log())
        second = broker.ask("GET_WORKER")
        self.assertNotEqual(first, second)
        self.assertEqual(remote_eval(second, "expr 6*7"), "42")

    def test_terminate_workers_on_exit_ends_them(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, flags=["--terminate-workers-on-exit"])
        broker.ask("GET_WORKER")
        self.assertEqual(broker.kill(signal.SIGTERM), 0)
        self.assertEqual(sim.alive(), [])

    def test_by_default_a_stop_leaves_workers_running_and_the_next_start_knows_them(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        ip = broker.ask("GET_WORKER")
        self.assertEqual(broker.kill(signal.SIGTERM), 0)
        self.assertEqual(len(sim.alive()), 1)
        self.assertEqual(broker.start().ask("GET_WORKER"), ip)


class Endpoint(Case):
    def test_an_endpoint_where_nothing_is_is_named_with_who_named_it(self):
        url = f"http://127.0.0.1:{free_port()}"
        broker = self.broker(url)
        def trouble():
            said = broker.cli("status").stdout
            return said if "trouble" in said and url in said else None
        said = until("the trouble", trouble)
        self.assertIn("AWS_ENDPOINT_URL", said)
        self.assertIn("is compute-broker ec2sim running there?", said)
        self.assertNotIn("DNS", said)
        refused = broker.cli("get", "--wait", "1s").stderr
        self.assertIn("AWS_ENDPOINT_URL", refused)


class State(Case):
    def test_a_second_broker_on_the_same_state_dir_refuses_to_start(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        second = subprocess.run([BINARY, "serve", "--config", str(broker.config)],
                                env=broker.env, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(second.returncode, 0)
        self.assertIn(str(broker.process.popen.pid), second.stderr)

    def journal(self, broker):
        found = [p for p in (self.home / "state").iterdir() if p.suffix in (".db", ".sqlite")]
        self.assertEqual(len(found), 1, list((self.home / "state").iterdir()))
        return found[0]

    def test_a_damaged_journal_is_set_aside_and_rebuilt_from_ec2(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        ip = broker.ask("GET_WORKER")
        broker.kill(signal.SIGTERM)
        journal = self.journal(broker)
        journal.write_bytes(b"this is not a journal" * 500)
        broker.start()
        self.assertEqual(broker.ask("GET_WORKER"), ip)
        self.assertEqual(len(sim.instances()), 1)
        aside = [p for p in (self.home / "state").iterdir() if ".damaged-" in p.name]
        self.assertTrue(aside)
        self.assertEqual(aside[0].read_bytes()[:21], b"this is not a journal")

    def test_a_journal_of_a_newer_version_is_refused(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        broker.kill(signal.SIGTERM)
        journal = self.journal(broker)
        database = sqlite3.connect(journal)
        database.execute("UPDATE meta SET value = '999' WHERE name = 'format'")
        database.commit()
        database.close()
        done = subprocess.run([BINARY, "serve", "--config", str(broker.config)],
                              env=broker.env, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("newer", done.stderr)

    def test_reload_takes_what_it_can_and_says_what_it_cannot(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        text = broker.config.read_text()
        broker.config.write_text('max_workers = 0\nname = "other"\n' + text)
        broker.process.popen.send_signal(signal.SIGHUP)
        until("the reload", lambda: "the new settings are in force" in broker.log())
        self.assertRegex(broker.log(), "name has changed and takes effect at the next restart")
        self.assertRegex(broker.ask("GET_WORKER"), "^ERROR: max_workers = 0")
        broker.config.write_text("max_workers = many\n" + text)
        broker.process.popen.send_signal(signal.SIGHUP)
        until("the refusal", lambda: "the former one stays in force" in broker.log())

    # Held up between its doors and its clients: by a pipe for its port that nobody reads yet.
    def coming_up(self):
        broker = Broker(self.home, self.ec2sim().url)
        self.processes.append(broker)
        pipe = self.home / "port.pipe"
        os.mkfifo(pipe)
        broker.process = Process([BINARY, "serve", "--config", str(broker.config), "--port-file",
                                  str(pipe)], broker.env, self.home / "broker.log")
        until("the doors", lambda: "broker.listening" in broker.log())
        return broker, pipe

    def test_a_reload_that_is_asked_for_while_it_comes_up_is_done(self):
        broker, pipe = self.coming_up()
        broker.process.popen.send_signal(signal.SIGHUP)
        pipe.read_text()
        until("the reload", lambda: "the new settings are in force" in broker.log())

    def test_a_stop_that_is_asked_for_while_it_comes_up_is_a_stop_like_others(self):
        broker, pipe = self.coming_up()
        broker.process.popen.send_signal(signal.SIGTERM)
        pipe.read_text()
        self.assertEqual(broker.process.popen.wait(timeout=PATIENCE), 0)
        self.assertIn("broker.stopped", broker.log())


if __name__ == "__main__":
    unittest.main()
