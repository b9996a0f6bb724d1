"""What a request asks of its worker: a type, a market, cores of its own, nobody else, several."""
import json
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import Case, read_all, until
from test_leases import Connection

TYPES = 'instance_types = ["c7i.16xlarge", "c6i.16xlarge"]'


class Needs(Case):
    def serve(self, pool="", **settings):
        self.sim = self.ec2sim(**settings)
        self.served = self.broker(self.sim.url, settings="max_workers = 60\nlaunches_per_hour_max = 100\n"
                                                             "launch_burst = 60",
                                  pool=f"{TYPES}\n{pool}")

    def connect(self):
        connection = Connection(self.served)
        self.addCleanup(connection.close)
        return connection

    def rows(self):
        return {row["ip"]: row for row in json.loads(self.served.ask("STATUS"))}

    def test_a_worker_of_the_type_and_market_that_is_asked_for_is_launched_beside_others(self):
        self.serve()
        any_one = self.served.ask("GET_WORKER")
        other = self.served.ask("GET_WORKER type=c6i.16xlarge")
        on_demand = self.served.ask("GET_WORKER market=on-demand")
        self.assertEqual(self.served.ask("GET_WORKER type=c7i.16xlarge market=spot"), any_one)
        rows = self.rows()
        self.assertEqual([rows[ip]["instance_type"] for ip in (any_one, other, on_demand)],
                         ["c7i.16xlarge", "c6i.16xlarge", "c7i.16xlarge"])
        self.assertEqual([rows[ip]["market"] for ip in (any_one, other, on_demand)],
                         ["spot", "spot", "on-demand"])
        self.assertEqual(self.served.ask("GET_WORKER type=m7i.large"),
                         "ERROR: no pool offers m7i.large; there is default (64 cores; c7i.16xlarge, c6i.16xlarge)")
        self.assertEqual(len(self.sim.alive()), 3)

    def test_two_hundred_callers_of_16_cores_are_packed_on_fifty_workers(self):
        self.serve(pool='sharing = "packed"\nready = "none"')
        rigs = [self.connect() for _ in range(200)]

        def lease(rig):
            return rig.lease("cores=16 wait=300")[0]

        with ThreadPoolExecutor(200) as pool:
            addresses = list(pool.map(lease, rigs))
        self.assertEqual(len(set(addresses)), 50)
        self.assertTrue(all(addresses.count(ip) == 4 for ip in set(addresses)))
        self.assertEqual(len(self.sim.alive()), 50)
        self.assertEqual({sum(one["cores"] for one in row["leases"]) for row in self.rows().values()}, {64})

    def test_a_thousand_callers_of_ten_pools_at_once_cause_ten_launches(self):
        self.serve(pool="\n".join(f'[pool.p{n}]\nimage = "ami-0060337ebb6cf00ad"\n'
                                  'security_groups = ["dserv-workers"]' for n in range(9)))
        pools = ["default", *(f"p{n}" for n in range(9))]
        callers = []
        for n in range(1000):
            connection = self.served.connect()
            self.addCleanup(connection.close)
            connection.sendall(f"GET_WORKER pool={pools[n % 10]}\n".encode())
            callers.append(connection)
        answers = [read_all(one).decode().strip() for one in callers]
        self.assertEqual([len(set(answers[n::10])) for n in range(10)], [1] * 10, set(answers))
        self.assertEqual(set(answers), set(self.rows()))
        self.assertEqual(len(self.sim.instances()), 10)

    def test_one_alone_has_a_worker_that_nobody_else_gets(self):
        self.serve()
        rig = self.connect()
        ip, lease = rig.lease("exclusive=1")
        self.assertNotEqual(self.served.ask("GET_WORKER"), ip)
        self.assertTrue(self.rows()[ip]["leases"][0]["exclusive"])
        self.assertEqual(rig.ask(f"RELEASE {ip} lease={lease}"), "OK")
        until("its end", lambda: len(self.sim.alive()) == 1)

    def test_a_count_is_all_or_none(self):
        self.serve(pool='sharing = "exclusive"', capacity=json.dumps([
            {"type": "c7i.16xlarge", "market": "spot", "instances": 2},
            {"type": "c6i.16xlarge", "instances": 0},
            {"type": "c7i.16xlarge", "market": "on-demand", "instances": 0}]))
        rig = self.connect()
        answer = rig.ask("GET_WORKER count=3")
        self.assertRegex(answer, "^ERROR: no capacity for pool default .*InsufficientInstanceCapacity")
        self.assertEqual([row["leases"] for row in self.rows().values()], [[], []])
        words = rig.ask("GET_WORKER count=2").split()
        self.assertEqual(len(set(words[::2])), 2)
        self.assertTrue(all(word.startswith("lease=") for word in words[1::2]))
        self.assertEqual(len(self.sim.alive()), 2)

    def test_the_command_line_asks_for_all_of_it(self):
        self.serve()
        several = self.served.cli("get", "--count", "2", "--hold", "1m", "--type", "c6i.16xlarge", "--json")
        workers = json.loads(several.stdout)
        self.assertEqual({self.rows()[one["ip"]]["instance_type"] for one in workers}, {"c6i.16xlarge"})
        self.assertEqual(len({one["ip"] for one in workers}), 2)
        ran = self.served.cli("run", "--count", "2", "--exclusive", "--", "sh", "-c", "echo $WORKER_IPS")
        addresses = ran.stdout.split()
        self.assertEqual(len(set(addresses)), 2)
        self.assertFalse(set(addresses) & {one["ip"] for one in workers})
        # What was somebody's alone is nobody's use afterwards: it ends, and does not stand in the way.
        until("their end", lambda: len(self.sim.alive()) == 2)
        refused = self.served.cli("get", "--exclusive")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--exclusive takes --hold TIME as well", refused.stderr)


if __name__ == "__main__":
    unittest.main()
