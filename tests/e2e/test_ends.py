"""Ends that EC2 refuses, people at the console, and two brokers of one name: the real broker on the
simulated EC2."""
import json
import shutil
import signal
import unittest

from harness import Broker, Case, read_all, remote_eval, until


class Ends(Case):
    def ids(self, sim):
        return sorted(i["id"] for i in sim.alive())

    def worker_of(self, sim, address):
        return next(i for i in sim.alive() if i["address"] == address)

    # Clients share one; the next is launched when its service has been gone for launch_timeout.
    def three_workers(self, sim, **kwargs):
        broker = self.broker(sim.url, pool='launch_timeout = "3s"', **kwargs)
        broker.ask("GET_WORKER")
        for _ in range(2):
            first = self.worker_of(sim, broker.ask("GET_WORKER"))
            sim.control(f"instances/{first['id']}/kill", {})
            until("another worker", lambda a=first["address"]: broker.ask("GET_WORKER") != a)
        until("three", lambda: len(sim.alive()) == 3)
        return broker

    def test_terminate_all_with_one_protected_of_three_ends_two_and_says_which_and_why(self):
        sim = self.ec2sim()
        broker = self.three_workers(sim, settings='max_workers = 3\nalive_interval = "200ms"')
        kept = self.ids(sim)[1]
        sim.control(f"instances/{kept}/protect", {})
        answer = json.loads(broker.ask("TERMINATE_ALL"))
        self.assertEqual(len(answer["terminated"]), 2)
        self.assertEqual([row["instance_id"] for row in answer["refused"]], [kept])
        self.assertIn("OperationNotPermitted", answer["refused"][0]["why"])
        self.assertIn("--no-disable-api-termination", answer["refused"][0]["why"])
        until("the two ends", lambda: self.ids(sim) == [kept])
        said = broker.cli("terminate-all")
        self.assertIn(kept, said.stdout + said.stderr)
        self.assertIn("OperationNotPermitted", said.stdout + said.stderr)
        sim.control(f"instances/{kept}/unprotect", {})
        until("the last end", lambda: not sim.alive())

    def test_an_end_that_the_policy_refuses_for_an_edited_tag_holds_up_no_other(self):
        sim = self.ec2sim(rights_by_tag="compute-broker=default")
        broker = self.three_workers(sim, settings='max_workers = 3\nalive_interval = "200ms"')
        kept = self.ids(sim)[0]
        sim.control(f"instances/{kept}/tags", {"compute-broker": None})
        answer = json.loads(broker.ask("TERMINATE_ALL"))
        self.assertEqual([row["instance_id"] for row in answer["refused"]], [kept])
        until("the two ends", lambda: self.ids(sim) == [kept])
        sim.control(f"instances/{kept}/tags", {"compute-broker": "default"})
        until("the last end", lambda: not sim.alive())

    def test_a_worker_whose_tags_a_person_edited_is_kept_through_a_restart(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        ip = broker.ask("GET_WORKER")
        worker = self.worker_of(sim, ip)["id"]
        for tags in ({"Name": "experiment of Tuesday"}, {"compute-broker": "other"},
                     {"compute-broker": None, "Name": None}):
            sim.control(f"instances/{worker}/tags", tags)
            broker.kill(signal.SIGKILL)
            self.assertEqual(broker.start().ask("GET_WORKER"), ip)
        self.assertEqual(len(sim.instances()), 1)
        until("the word", lambda: "has lost its tag compute-broker" in broker.log())

    def test_a_renamed_worker_is_found_though_the_journal_is_lost(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        ip = broker.ask("GET_WORKER")
        sim.control(f"instances/{sim.alive()[0]['id']}/tags", {"Name": "experiment of Tuesday"})
        broker.kill(signal.SIGKILL)
        shutil.rmtree(self.home / "state")
        self.assertEqual(broker.start().ask("GET_WORKER"), ip)
        self.assertEqual(len(sim.instances()), 1)

    def test_a_worker_that_a_person_stops_is_ended_and_replaced(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings='listing_slow = "1s"', pool='market = "on-demand"')
        first = self.worker_of(sim, broker.ask("GET_WORKER"))["id"]
        sim.control(f"instances/{first}/stop", {})
        until("its end", lambda: first in [i["id"] for i in sim.instances("terminated")])
        self.assertIn("was stopped by somebody else through EC2", broker.log())
        self.assertEqual(remote_eval(broker.ask("GET_WORKER"), "expr 6*7"), "42")

    def test_a_worker_that_a_person_reboots_is_handed_out_again(self):
        sim = self.ec2sim(boot="2s")
        broker = self.broker(sim.url, settings='alive_interval = "200ms"')
        ip = broker.ask("GET_WORKER")
        sim.control(f"instances/{sim.alive()[0]['id']}/reboot", {})
        until("suspicion", lambda: "not handed out until it answers" in broker.log())
        until("its answer", lambda: broker.ask("GET_WORKER") == ip)
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")

    def test_the_log_says_who_ended_a_worker(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        ip = broker.ask("GET_WORKER")
        with broker.connect() as s:
            s.sendall(f"HELLO 2 client=rig-3\nRELEASE {ip}\n".encode())
            s.shutdown(1)
            read_all(s)
        until("the word", lambda: "released by rig-3 at 127.0.0.1: terminating" in broker.log())
        broker.ask("GET_WORKER")
        broker.ask("TERMINATE_ALL")
        self.assertIn("ended by TERMINATE_ALL of a client at 127.0.0.1", broker.log())


class TwoBrokers(Case):
    def second(self, sim, **kwargs):
        home = self.home / "second"
        home.mkdir()
        broker = Broker(home, sim.url, **kwargs)
        self.processes.append(broker)
        return broker.start()

    def test_two_brokers_of_one_name_leave_each_others_workers_alone_and_say_so(self):
        sim = self.ec2sim()
        quick = 'listing_slow = "1s"\nrestart_grace = "0s"\n'
        first = self.broker(sim.url, settings=quick + 'idle_timeout = "10m"')
        mine = first.ask("GET_WORKER")
        second = self.second(sim, settings=quick + 'idle_timeout = "2s"')
        theirs = second.ask("GET_WORKER")
        self.assertNotEqual(mine, theirs)
        until("the end of the second's own", lambda: len(sim.alive()) == 1)
        self.assertEqual(sim.alive()[0]["address"], mine)
        for broker in (first, second):
            until("the word", lambda b=broker: "another broker named default" in b.log())
        second.ask("TERMINATE_ALL")
        self.assertEqual([i["address"] for i in sim.alive()], [mine])
        self.assertEqual(first.ask(f"PING {mine}"), "OK")

    def test_what_a_broker_left_that_is_gone_for_good_is_taken_over_and_ends(self):
        sim = self.ec2sim()
        quick = 'listing_slow = "1s"\nrestart_grace = "0s"\ntakeover_after = "3s"\n'
        first = self.broker(sim.url, settings=quick)
        first.ask("GET_WORKER")
        until("its claim", lambda: not sim.alive()[0]["tags"]["compute-broker-owner"]
              .endswith(" -"))
        first.kill(signal.SIGKILL)
        shutil.rmtree(self.home / "state")
        second = self.second(sim, settings=quick + 'idle_timeout = "2s"')
        until("the takeover", lambda: "is taken over" in second.log())
        until("the end", lambda: not sim.alive())

    def test_without_the_right_to_tag_it_serves_and_says_so(self):
        sim = self.ec2sim()
        sim.control("settings", {"faults": [
            {"action": "CreateTags", "do": "error", "code": "UnauthorizedOperation"}]})
        broker = self.broker(sim.url)
        self.assertEqual(remote_eval(broker.ask("GET_WORKER"), "expr 6*7"), "42")
        until("the word", lambda: "allow ec2:CreateTags" in broker.log())


if __name__ == "__main__":
    unittest.main()
