"""A pool that launches in two regions: the real broker on ec2sim, where each is a world of its own."""
import signal
import unittest

from harness import Case, remote_eval, until

FIRST, SECOND = "us-east-1", "eu-west-1"
IMAGES = f'images = {{ {SECOND} = "ami-0123456789abcdef0" }}\n'
POOL = f'''
[pool.both]
image = "ami-0060337ebb6cf00ad"
{IMAGES}instance_types = ["c7i.16xlarge"]
regions = ["{FIRST}", "{SECOND}"]
'''
QUICK = 'cloud_unreachable_patience = "2s"\nlisting_slow = "1s"\nmax_workers = 3'
DEAD = {"faults": [{"region": FIRST, "do": "lose_before"}]}


def region_of(instance):
    return instance["zone"].rstrip("abc")


class Regions(Case):
    def where(self, sim):
        return sorted(region_of(instance) for instance in sim.alive())

    def reload(self, broker, change, says):
        before = broker.config.read_text()
        self.assertIn(change[0], before)
        broker.config.write_text(before.replace(*change))
        broker.process.popen.send_signal(signal.SIGHUP)
        until(says, lambda: says in broker.log())

    def served(self, broker):
        ip = broker.ask("GET_WORKER pool=both")
        self.assertEqual(remote_eval(ip, "expr 6*7") if ip[0].isdigit() else ip, "42", broker.log())
        return ip

    def test_what_one_region_lacks_on_spot_and_on_demand_the_next_has_and_who_waits_hears_why(self):
        sim = self.ec2sim(pending="1500ms")
        sim.control("settings", {"capacity": [{"zone": FIRST + zone, "instances": 0}
                                              for zone in "abc"]})
        broker = self.broker(sim.url, settings=QUICK, aws=POOL)
        got = broker.cli("get", "--pool", "both")
        self.assertEqual(remote_eval(got.stdout.strip(), "expr 6*7"), "42")
        self.assertEqual([(region_of(i), i["market"], i["image"]) for i in sim.alive()],
                         [(SECOND, "spot", "ami-0123456789abcdef0")])
        for market in ("spot", "on-demand"):
            self.assertIn(f"launch of c7i.16xlarge {market} for pool both failed: "
                          "InsufficientInstanceCapacity", broker.log())

    def test_while_one_region_is_dead_the_next_serves_and_the_ones_workers_are_taken_up_again(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings=QUICK, aws=POOL)
        first = self.served(broker)
        self.assertEqual(self.where(sim), [FIRST])
        sim.control("settings", DEAD)
        until("the trouble", lambda: "cannot be asked" in broker.cli("status").stdout)
        self.assertEqual(self.served(broker), first)  # EC2 is gone there, and not the machine
        broker.kill()
        broker.start()
        self.assertEqual(self.served(broker), first)
        # An end that is wanted while nobody can be asked is asked for when somebody can.
        broker.ask(f"RELEASE {first}")
        second = self.served(broker)
        self.assertEqual(self.where(sim), sorted([FIRST, SECOND]))
        self.assertNotEqual(second, first)
        sim.control("settings", {"faults": []})
        until("the end of the first", lambda: self.where(sim) == [SECOND])
        self.assertEqual(self.served(broker), second)
        self.assertIn("terminated", broker.ask("TERMINATE_ALL"))
        until("the end of all", lambda: not sim.alive())

    def test_a_region_that_lists_and_answers_no_launch_is_left_for_the_next(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings=QUICK, aws=POOL)
        until("the dry runs", lambda: "aws.check" in broker.log())
        sim.control("settings", {"faults": [{"region": FIRST, "action": "RunInstances", "do": "error",
                                             "code": "RequestLimitExceeded"}]})
        self.served(broker)
        self.assertEqual(self.where(sim), [SECOND])

    def test_a_region_that_is_dead_from_the_beginning_holds_up_nobody(self):
        sim = self.ec2sim()
        sim.control("settings", DEAD)
        broker = self.broker(sim.url, settings=QUICK, aws=POOL)
        self.served(broker)
        self.assertEqual(self.where(sim), [SECOND])
        self.assertEqual(broker.ask("GET_WORKER pool=both region=" + FIRST).split(":")[0], "ERROR")
        sim.control("settings", {"faults": []})
        until("the first region", lambda: "EC2 answers again" in broker.log())
        self.served(broker)
        self.assertEqual(self.where(sim), [SECOND])

    def test_who_names_a_region_is_served_there_and_a_region_can_be_added_and_taken_out(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings=QUICK, aws=POOL)
        there = broker.cli("get", "--pool", "both", "--region", SECOND).stdout.strip()
        self.assertEqual(self.where(sim), [SECOND])
        # An image of the third is named nowhere: nothing changes.
        two = f'"{FIRST}", "{SECOND}"]'
        self.reload(broker, (two, two[:-1] + ', "us-west-2"]'), "for us-east-1 and us-west-2, but an id")
        self.reload(broker, (two[:-1] + ', "us-west-2"]', f'"{FIRST}"]'),
                    "images names eu-west-1, where this pool does not launch")
        self.reload(broker, (IMAGES, ""), "the new settings are in force")
        home = self.served(broker)
        self.assertNotEqual(home, there)
        self.assertIn("region eu-west-1", broker.ask("GET_WORKER pool=both region=" + SECOND))


if __name__ == "__main__":
    unittest.main()
