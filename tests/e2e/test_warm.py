"""Workers that are kept warm by the calendar: the real broker on ec2sim, with real worker processes."""
import json
import signal
import time
import unittest

from harness import Case, remote_eval, until

# Where it is about noon: no test runs over the end of its window.
ZONE = f"Etc/GMT{time.gmtime().tm_hour - 12:+d}"
ALWAYS = 'warm = [{ schedule = "* 00:00-24:00 ' + ZONE + '", workers = %d }]\n'


class Warm(Case):
    def pool(self, broker):
        return json.loads(broker.cli("pools", "--json").stdout)[0]

    def ready(self, broker, count=1):
        return until(f"{count} ready workers", lambda: self.pool(broker)["ready"] == count)

    def reload(self, broker, old, new):
        before = broker.log().count("the new settings are in force")
        broker.config.write_text(broker.config.read_text().replace(old, new))
        broker.process.popen.send_signal(signal.SIGHUP)
        until("the reload",
              lambda: broker.log().count("the new settings are in force") == before + 1)

    def test_within_its_window_a_worker_is_there_before_anybody_asks_and_stays(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, pool=ALWAYS % 1 + 'idle_timeout = "1s"\n')
        self.ready(broker)
        self.assertIn("for pool default", broker.log())
        self.assertIn(f"its warm window * 00:00-24:00 {ZONE} wants 1", broker.log())
        warm = self.pool(broker)["warm"]
        self.assertEqual((warm["workers"], warm["now"], warm["trouble"]), (1, True, None))
        self.assertRegex(broker.cli("pools").stdout,
                         r"default is kept warm: 1 worker until \S+T\d\d:00:00Z \(\* 00:00-24:00 Etc")
        # Several times as long as it may be idle, and longer than it took to boot.
        until("idle time", lambda: json.loads(broker.ask("STATUS"))[0]["idle_seconds"] >= 5)
        self.assertIsNone(json.loads(broker.ask("STATUS"))[0]["will_terminate_in"])
        ip = broker.ask("GET_WORKER")
        self.assertEqual(remote_eval(ip, "expr 6*7"), "42")
        self.assertEqual(len(sim.instances()), 1)

    def test_one_that_is_interrupted_is_replaced(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, pool=ALWAYS % 1)
        self.ready(broker)
        first = sim.alive()[0]["id"]
        sim.control(f"instances/{first}/interrupt", {"notice": "0s"})
        until("another one", lambda: [i["id"] for i in sim.alive() if i["id"] != first])
        self.ready(broker)
        self.assertEqual(len(sim.instances()), 2)

    def test_a_restart_within_the_window_finds_its_worker(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, pool=ALWAYS % 1)
        self.ready(broker)
        broker.kill()
        broker.start()
        self.ready(broker)
        self.assertEqual(len(sim.instances()), 1)

    def test_a_reload_that_wants_none_gives_it_to_the_idle_rule(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, settings='restart_grace = "0s"\nquiet_interval = "1s"',
                             pool=ALWAYS % 1 + 'idle_timeout = "1s"\n')
        self.ready(broker)
        self.reload(broker, "workers = 1", "workers = 0")
        until("its end", lambda: not sim.alive())
        self.assertRegex(broker.log(), r"worker i-\w+ idle \d+ s \(limit \d+ s\): terminating")
        self.reload(broker, "workers = 0", "workers = 2")
        self.ready(broker, 2)

    def test_terminate_all_is_not_followed_by_a_launch_nor_is_a_restart_after_it(self):
        sim = self.ec2sim()
        broker = self.broker(sim.url, pool=ALWAYS % 1)
        self.ready(broker)
        self.assertIn("terminated", broker.ask("TERMINATE_ALL"))
        until("its end", lambda: not sim.alive())
        self.assertIn("wants nothing until it begins anew", broker.log())
        self.assertTrue(self.pool(broker)["warm"]["suspended"])
        broker.kill()
        broker.start()
        until("the windows", lambda: (self.pool(broker)["warm"] or {}).get("suspended"))
        broker.ask("LIST_ALL")  # from then on nothing but the suspension keeps it from launching
        self.assertEqual(len(sim.instances()), 1)
        # Callers are served all the same.
        self.assertEqual(remote_eval(broker.ask("GET_WORKER"), "expr 6*7"), "42")

    def test_no_capacity_is_said_and_tried_again_by_itself(self):
        sim = self.ec2sim()
        sim.control("settings", {"capacity": [{"instances": 0}]})
        broker = self.broker(sim.url, settings='capacity_memory = "1s"', pool=ALWAYS % 1)
        trouble = until("the trouble", lambda: (self.pool(broker)["warm"] or {}).get("trouble"))
        self.assertIn("no capacity for pool default", trouble)
        sim.control("settings", {"capacity": []})
        self.ready(broker)
        self.assertEqual(broker.log().count("has fewer workers than its warm window"), 1)
        self.assertIsNone(self.pool(broker)["warm"]["trouble"])


if __name__ == "__main__":
    unittest.main()
