"""Launches that go wrong, and settings that change under them: the real broker on ec2sim."""
import signal
import threading
import unittest

from harness import Case, remote_eval, until

SMALL_POOL = '''
[defaults]
image = "ami-0060337ebb6cf00ad"
[pool.small]
instance_types = ["m7i.large"]
'''
ONE_TYPE = 'instance_types = ["c7i.16xlarge"]\nmarket = "on-demand"\n'


class Launches(Case):
    def waiting(self, broker, callers=1):
        """Callers of GET_WORKER, and where their answers will be."""
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(broker.ask("GET_WORKER")))
                   for _ in range(callers)]
        for thread in threads:
            thread.start()
            self.addCleanup(thread.join)
        return answers

    def served(self, answers, callers=1):
        until("the answers", lambda: len(answers) == callers)
        self.assertEqual(len(set(answers)), 1, answers)
        self.assertEqual(remote_eval(answers[0], "expr 6*7"), "42")

    def reload(self, broker, old, new):
        broker.config.write_text(broker.config.read_text().replace(old, new))
        broker.process.popen.send_signal(signal.SIGHUP)
        until("the reload", lambda: "the new settings are in force" in broker.log())

    def test_an_image_that_is_given_by_a_name_serves_and_is_launched_once(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        self.reload(broker, "ami-0060337ebb6cf00ad", "resolve:ssm:/aws/service/canonical/ubuntu")
        ip = broker.ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(broker.ask("GET_WORKER"), ip)
        broker.kill()
        self.assertEqual(broker.start().ask("GET_WORKER"), ip)
        self.assertEqual([i["image"] for i in sim.instances()], ["ami-0a11ce5000000beef"])

    def test_each_pool_has_its_worker_and_cores_choose_the_first_pool_of_the_file_that_has_them(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, aws=SMALL_POOL)
        small = broker.ask("GET_WORKER pool=small")
        big = broker.ask("GET_WORKER cores=64")
        self.assertEqual([remote_eval(ip, "expr 6*7") for ip in (small, big)], ["42", "42"])
        types = {i["type"] for i in sim.alive()}
        self.assertEqual(types, {"m7i.large", "c7i.16xlarge"})
        self.assertNotEqual(small, big)
        self.assertEqual(broker.ask("GET_WORKER cores=2"), small)
        self.assertEqual(broker.ask("GET_WORKER"), big)
        self.assertEqual(broker.ask("GET_WORKER pool=default cores=3"), big)
        self.assertEqual(broker.cli("get", "--pool", "small").stdout.strip(), small)
        self.assertEqual(broker.cli("get", "--cores", "64").stdout.strip(), big)
        self.assertEqual(broker.ask("GET_WORKER cores=96"),
                         "ERROR: no pool offers 96 cores; there is small (2 cores), default (64 cores)")
        self.assertEqual(len(sim.instances()), 2)

    def test_callers_of_a_machine_that_boots_wait_on_for_a_new_image(self):
        sim = self.ec2sim(pending="forever")
        broker = self.broker(sim.url, settings="max_workers = 1")
        answers = self.waiting(broker, 3)
        old = until("the launch", sim.alive)[0]["id"]
        sim.control("settings", {"pending": "200ms"})
        self.reload(broker, "ami-0060337ebb6cf00ad", "ami-0123456789abcdef0")
        self.served(answers, 3)
        self.assertEqual([i["image"] for i in sim.alive()], ["ami-0123456789abcdef0"])
        self.assertRegex(broker.log(), f"worker {old} was launched for what is configured no more")

    def test_a_code_that_nobody_knows_is_followed_by_the_next_candidate(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url)
        until("the dry runs", lambda: "aws.check" in broker.log())
        sim.control("settings", {"faults": [
            {"action": "RunInstances", "do": "error", "code": "SomethingNew", "next": 1,
             "message": "Nobody has heard of this."}]})
        self.assertEqual(remote_eval(broker.ask("GET_WORKER"), "expr 6*7"), "42")
        self.assertEqual([i["type"] for i in sim.alive()], ["c6i.16xlarge"])
        self.assertIn("SomethingNew: Nobody has heard of this.", broker.log())

    def served_in_two_zones(self, shortage):
        """Of a pool that launches one type in two subnets: who serves, the subnets, the log."""
        sim = self.ec2sim()
        sim.control("settings", {"capacity": [{**shortage, "instances": 0}]})
        zones = sim.control("zones/us-east-1")["zones"]
        subnets = [zones[zone]["subnet"] for zone in ("us-east-1a", "us-east-1b")]
        broker = self.broker(sim.url, aws=f"""
[pool.zones]
image = "ami-0060337ebb6cf00ad"
instance_types = ["c7i.16xlarge"]
security_groups = ["sg-0d5e12fe0a10c0001"]
subnets = ["{subnets[0]}", "{subnets[1]}"]
""")
        self.assertEqual(remote_eval(broker.ask("GET_WORKER pool=zones"), "expr 6*7"), "42")
        return [(i["market"], i["zone"]) for i in sim.alive()], subnets, broker.log()

    def test_what_one_zone_lacks_another_zone_has(self):
        who, _, _ = self.served_in_two_zones({"zone": "us-east-1a"})
        self.assertEqual(who, [("spot", "us-east-1b")])

    def test_spot_that_is_gone_in_every_zone_is_followed_by_on_demand_and_said_of_each_zone(self):
        who, subnets, log = self.served_in_two_zones({"market": "spot"})
        self.assertEqual(who, [("on-demand", "us-east-1a")])
        for subnet in subnets:
            self.assertIn(f"launch of c7i.16xlarge spot in {subnet} for pool zones failed: "
                          "InsufficientInstanceCapacity", log)

    def test_ec2s_own_sentence_reaches_who_asked(self):
        sim = self.ec2sim()
        sim.control("settings", {"capacity": [{"instances": 0}]})
        broker = self.broker(sim.url)
        self.assertRegex(broker.ask("GET_WORKER"),
                         "^ERROR: no capacity for pool default .*InsufficientInstanceCapacity: "
                         "[A-Z].*; tried again in ")

    def test_while_somebody_waits_ec2_is_asked_and_he_is_served_when_it_recovers(self):
        sim = self.ec2sim()
        sim.control("settings", {"faults": [
            {"action": "RunInstances", "do": "error", "code": "Unavailable"}]})
        broker = self.broker(sim.url, settings='token_reuse_limit = "3s"\n'
                                               'unknown_outcome_grace = "30s"\n'
                                               'retry_delay_max = "1s"')
        answers = self.waiting(broker)
        asked = lambda: [c for c in sim.control("calls")["calls"]
                         if c["action"] == "RunInstances" and "DryRun" not in c["parameters"]]
        until("many tries", lambda: len(asked()) > 6)
        sim.control("settings", {"faults": []})
        self.served(answers)
        self.assertEqual(len({c["parameters"]["ClientToken"] for c in asked()}), 1)

    def test_a_machine_that_a_person_ends_while_it_boots_is_followed_by_the_next(self):
        sim = self.ec2sim(pending="forever")
        broker = self.broker(sim.url, pool=ONE_TYPE)
        answers = self.waiting(broker)
        first = until("the launch", sim.alive)[0]["id"]
        sim.control("settings", {"pending": "200ms"})
        sim.control(f"instances/{first}/end", {"code": "Client.UserInitiatedShutdown"})
        self.served(answers)


if __name__ == "__main__":
    unittest.main()
