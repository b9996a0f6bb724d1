"""Faults as a client meets them."""
import time

from simulator import Dserv, LAUNCH, SimulatorTest, main, until


class Faults(SimulatorTest):
    def setUp(self):
        self.sim = self.simulator()
        self.ec2 = self.sim.client(read_timeout=2)

    def fault(self, **rule):
        self.sim.control("settings", {"faults": [{"next": 1, **rule}]})

    def fate(self, **rule):
        self.sim.control("settings", {"fates": [{"next": 1, **rule}]})

    def count(self):
        return len(self.sim.control("instances")["instances"])

    def test_an_error_is_botocores_error(self):
        self.fault(action="RunInstances", do="error", code="InsufficientInstanceCapacity")
        self.assertEqual(self.code(self.launched, self.ec2), "InsufficientInstanceCapacity")
        self.assertEqual(self.count(), 0)

    def test_an_answer_may_be_lost_before_or_after_the_effect_or_cut(self):
        from botocore.exceptions import BotoCoreError
        from botocore.parsers import ResponseParserError
        for what, effect in (("lose_before", 0), ("lose_after", 1), ("truncate", 2)):
            self.fault(action="RunInstances", do=what)
            with self.assertRaises((BotoCoreError, ResponseParserError)):
                self.launched(self.ec2)
            self.assertEqual(self.count(), effect, what)

    def test_a_slow_answer_outlasts_the_clients_patience_and_the_token_finds_the_instance(self):
        from botocore.exceptions import ReadTimeoutError
        self.fault(action="RunInstances", do="slow", delay="forever")
        with self.assertRaises(ReadTimeoutError):
            self.launched(self.ec2, ClientToken="t")
        self.launched(self.ec2, ClientToken="t")
        self.assertEqual(self.count(), 1)

    def test_a_slow_answer_comes_after_its_delay(self):
        self.fault(action="DescribeInstances", do="slow", delay="300ms")
        begin = time.monotonic()
        self.ec2.describe_instances()
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)

    def test_throttling_is_a_503_that_botocore_knows(self):
        self.sim.control("settings", {"throttling": True, "reads": {"per_second": 0, "burst": 1}})
        self.ec2.describe_instances()
        self.assertEqual(self.code(self.ec2.describe_instances), "RequestLimitExceeded")

    def test_a_worker_that_dies_refuses_and_is_still_listed_as_running(self):
        self.fate(do="dies", after="100ms")
        one = self.launched(self.ec2)
        until("its end", lambda: self.sim.instance(one)["worker"] == "gone")
        self.assertRaises(OSError, Dserv, self.sim.instance(one)["address"])
        self.assertEqual(self.sim.instance(one)["state"], "running")

    def test_a_worker_that_hangs_accepts_and_does_not_answer(self):
        self.fate(do="hangs", after="3s")  # its process has opened its port by then, on any machine
        one = self.launched(self.ec2)
        until("its fate", lambda: self.sim.instance(one)["worker"] == "frozen")
        dserv = Dserv(self.sim.instance(one)["address"])
        self.addCleanup(dserv.close)
        dserv.send("expr 6*7")
        dserv.socket.settimeout(0.3)
        self.assertRaises(TimeoutError, dserv.receive)
        self.sim.control(f"instances/{one}/thaw", {})
        dserv.socket.settimeout(60)
        self.assertEqual(dserv.receive(), "42")

    def test_a_boot_that_never_becomes_ready_accepts_and_never_answers(self):
        self.sim.control("settings", {"early_answers": "0s"})
        self.fate(do="never_ready")
        one = self.launched(self.ec2)
        until("its port", lambda: self.sim.instance(one)["port_open_us"])
        dserv = Dserv(self.sim.instance(one)["address"])
        self.addCleanup(dserv.close)
        dserv.send("expr 6*7")
        dserv.socket.settimeout(0.3)
        self.assertRaises(TimeoutError, dserv.receive)

    def test_a_killed_worker_is_gone_at_once(self):
        one = self.launched(self.ec2)
        address = self.sim.wait_ready(one)["address"]
        self.sim.control(f"instances/{one}/kill", {})
        self.assertRaises(OSError, Dserv, address)

    def test_an_interrupted_instance_ends_after_its_notice(self):
        answer = self.ec2.run_instances(**LAUNCH, InstanceMarketOptions={"MarketType": "spot"})
        one = answer["Instances"][0]["InstanceId"]
        address = self.sim.wait_ready(one)["address"]
        self.sim.control(f"instances/{one}/interrupt", {"notice": "300ms"})
        instance = until("its end", lambda: (i := self.sim.instance(one))["ended_us"] and i)
        self.assertEqual(instance["ending_us"] - instance["notice_us"], 300_000)
        self.assertEqual(instance["reason_code"], "Server.SpotInstanceTermination")
        self.assertEqual(instance["micro_dollars"], 0)
        self.assertRaises(OSError, Dserv, address)

    def test_a_strangers_worker_answers_at_the_freed_address(self):
        self.sim.control("settings", {"strangers": True})
        one = self.launched(self.ec2)
        address = self.sim.wait_ready(one)["address"]
        self.ec2.terminate_instances(InstanceIds=[one])
        stranger = until("the stranger", lambda: [
            i for i in self.sim.control("instances")["instances"]
            if i["stranger"] and i["ready_us"]])[0]
        self.assertEqual(stranger["address"], address)
        dserv = Dserv(address)
        self.addCleanup(dserv.close)
        self.assertEqual(dserv.ask("expr 6*7"), "42")
        listed = self.ec2.describe_instances()["Reservations"]
        self.assertEqual([r["Instances"][0]["InstanceId"] for r in listed], [one])


class ManyInstances(SimulatorTest):
    def test_a_thousand_without_processes_are_listed_in_one_page(self):
        sim = self.simulator("--no-worker-processes")
        ec2 = sim.client()
        ec2.run_instances(**{**LAUNCH, "MinCount": 1000, "MaxCount": 1000})
        until("all to run", lambda: len(sim.control("instances?state=running")["instances"]) == 1000)
        listed = ec2.describe_instances()
        self.assertNotIn("NextToken", listed)
        addresses = {i["PublicIpAddress"] for r in listed["Reservations"] for i in r["Instances"]}
        self.assertEqual(len(addresses), 1000)
        ready = sim.control("instances?state=running")["instances"][0]
        self.assertIsNotNone(ready["first_listed_ready_us"])


if __name__ == "__main__":
    main()
