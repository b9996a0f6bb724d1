#!/usr/bin/env python3
"""The Python client with the real broker on ec2sim: what ends, breaks and comes back."""
import asyncio
import collections
import json
import pathlib
import sys
import threading
import unittest

import scripted
from scripted import until

sys.path.insert(0, str(scripted.ROOT / "tests" / "e2e"))
import harness  # noqa: E402
import compute_broker  # noqa: E402
from compute_broker import (BadRequest, EvalError, Limit, NoCapacity, NotAllowed,  # noqa: E402
                            WorkerLost)

SETTINGS = """
lease_grace = "10s"
restart_grace = "1s"
max_workers = 4
launches_per_hour_max = 1000
"""
MANY = 64


class Case(harness.Case):
    def start(self, settings=SETTINGS, pool='ready = "tcp"', **sim):
        self.sim = self.ec2sim(**{"pending": "20ms", "boot": "20ms", "service": "20ms", **sim})
        self.served = self.broker(self.sim.url, pool=pool,
                                  settings=settings + '\nlisting_fast = "100ms"\n')
        self.address = f"127.0.0.1:{self.served.port}"

    def worker(self, **options):
        return compute_broker.worker(broker=self.address, **options)

    def leases(self):
        workers = json.loads(self.served.ask("STATUS"))
        return [lease for worker in workers for lease in worker["leases"]]

    def restart(self):
        """kill -9, and the same again at the same address."""
        self.served.kill()
        if "--listen" not in self.served.flags:
            self.served.flags += ["--listen", self.address]
        self.served.start()


class Blocks(Case):
    def test_a_worker_computes_and_is_left_to_others_at_the_end(self):
        self.start()
        with self.worker(client="rig-3") as w:
            self.assertEqual(w.eval("expr 6*7"), "42")
            self.assertEqual([(one["lease"], one["client"]) for one in self.leases()],
                             [(w.lease, "rig-3")])
            with self.assertRaisesRegex(EvalError, "^divide by zero$"):
                w.eval("expr 1/0")
        self.assertEqual(self.leases(), [])
        self.assertEqual(len(self.sim.alive()), 1)
        with self.worker(release=True) as again:
            self.assertEqual(again.address, w.address)
        until("its end", lambda: not self.sim.alive())

    def test_an_item_arrives_as_it_is_whatever_tcl_would_make_of_it(self):
        self.start()
        items = ["", " ", "a b", "{", "}", "\\", '"', "$x", "[exit]", ";", "#", "\n", "\t", "*",
                 "smörgås", "\U0001f600", "{a", "x\\", "{*}{1 2}"]
        with self.worker() as w:
            self.assertEqual(w.map("return $item", items), items)
            self.assertEqual(w.map("llength $item", [[], [1, 2], ["a b", ["c", ""]]]),
                             ["0", "2", "2"])
            self.assertEqual(w.map("lindex $item 1 1", [["a b", ["c", "d}"]]]), ["d}"])
            self.assertEqual(w.eval("info exists item"), "0")

    def test_several_workers_share_a_map_and_what_one_loses_another_does(self):
        self.start()
        with compute_broker.workers(broker=self.address, count=2, exclusive=True) as both:
            self.assertEqual(len({w.address for w in both}), 2)
            doomed = next(i for i in self.sim.alive() if i["address"] == both[0].address)
            killed = threading.Timer(0.2, self.sim.control, [f"instances/{doomed['id']}/kill", {}])
            killed.start()
            self.addCleanup(killed.join)
            found = both.map("after 50; expr {$item * 2}", range(16))
            self.assertEqual(found, [str(2 * n) for n in range(16)])
            killed.join()

    def test_blocks_of_ones_own_one_after_the_other_stand_in_nobodys_way(self):
        self.start(settings="max_workers = 1")
        for _ in range(3):
            with self.worker(exclusive=True, wait=60) as w:
                self.assertEqual(w.eval("expr 6*7"), "42")

    def test_a_worker_that_is_held_needs_no_connection(self):
        self.start(settings=SETTINGS.replace('"10s"', '"0s"'))
        block = self.worker(hold="1m")
        w = block.__enter__()
        block._keeper.cancel()  # as a program that stands still, or whose machine is gone
        until("its loss", lambda: [one["connected"] for one in self.leases()] == [False])
        self.assertEqual(w.eval("expr 6*7"), "42")
        block.__exit__(None, None, None)
        self.assertEqual(self.leases(), [])


class Trouble(Case):
    def test_kill_9_of_the_broker_in_a_block_costs_neither_script_nor_lease(self):
        self.start()
        with self.worker(release=True) as w:
            results = []
            job = threading.Thread(target=lambda: results.append(w.eval("after 1000; expr 6*7")))
            job.start()
            for _ in range(2):
                self.restart()
                until("the lease is taken up again",
                      lambda: [one["connected"] for one in self.leases()] == [True])
            job.join()
            self.assertEqual(results, ["42"])
            self.assertEqual([one["lease"] for one in self.leases()], [w.lease])
            self.assertIsNone(w.interrupted)
            self.assertEqual(len(self.sim.instances()), 1)
        until("its end", lambda: not self.sim.alive())

    def test_a_broker_that_is_killed_while_a_worker_boots_hands_it_out_when_it_is_back(self):
        self.start(boot="1500ms")
        heard = []

        def progress(phase):
            heard.append(phase)

        killer = threading.Thread(target=lambda: (until("a launch", lambda: self.sim.alive()),
                                                  self.restart()))
        killer.start()
        with self.worker(progress=progress) as w:
            self.assertEqual(w.eval("expr 6*7"), "42")
        killer.join()
        self.assertIn("closed the connection", " ".join(heard))
        self.assertEqual(len(self.sim.instances()), 1)

    def test_a_worker_that_dies_in_a_script_is_lost_and_the_next_block_has_another(self):
        self.start()
        with self.assertRaisesRegex(WorkerLost, "127[.0-9]+"), self.worker() as w:
            killed = threading.Timer(0.3, self.sim.control,
                                     [f"instances/{self.sim.alive()[0]['id']}/kill", {}])
            killed.start()
            self.addCleanup(killed.join)
            w.eval("after 60000")
        with self.worker() as w:
            self.assertEqual(w.eval("expr 6*7"), "42")
        self.assertEqual(len(self.sim.instances()), 2)

    def test_a_script_whose_worker_the_broker_ends_is_told_why(self):
        self.start()
        with self.worker() as w:
            ended = threading.Timer(0.3, self.served.ask, ["TERMINATE_ALL"])
            ended.start()
            self.addCleanup(ended.join)
            with self.assertRaises(WorkerLost):
                w.eval("after 60000")
            until("word of it", lambda: w.interrupted)
            self.assertRegex(w.interrupted, "^ended ended by TERMINATE_ALL of a client")

    def test_a_frozen_worker_is_given_up_at_the_time_limit(self):
        self.start()
        with self.worker() as w:
            self.sim.control(f"instances/{self.sim.alive()[0]['id']}/freeze", {})
            with self.assertRaisesRegex(compute_broker.TimedOut, "within 0.5 s"):
                w.eval("expr 6*7", timeout=0.5)


class Refusals(Case):
    def refused(self, kind, pattern, **options):
        with self.assertRaisesRegex(kind, pattern) as caught, self.worker(**options):
            pass
        self.assertIs(type(caught.exception), kind)

    def test_no_capacity_is_told_with_ec2s_own_word(self):
        self.start()
        self.sim.control("settings", {"fates": [
            {"do": "refused", "code": "InsufficientInstanceCapacity"}]})
        self.refused(NoCapacity, "no capacity for pool default .*InsufficientInstanceCapacity")
        self.assertEqual(self.sim.instances(), [])

    def test_patience_that_is_over_is_no_capacity_now(self):
        self.start(boot="20s")
        self.refused(NoCapacity, "no worker was ready within 1s", wait=1)

    def test_limits_and_what_no_pool_has_are_told_apart(self):
        self.start(settings="max_workers = 0")
        self.refused(Limit, "max_workers = 0")
        self.refused(Limit, "max_lifetime = 12h", hold="29d")
        self.refused(BadRequest, "no pool offers 9999 cores", cores=9999)
        self.refused(BadRequest, "pool gpu is not configured", pool="gpu")
        self.refused(BadRequest, "cores= takes", cores=0)

    def test_more_than_may_run_is_a_limit(self):
        self.start(settings="max_workers = 2")
        with self.assertRaisesRegex(Limit, "count=3 takes 3 workers"), \
                compute_broker.workers(broker=self.address, count=3):
            pass
        self.assertEqual(self.sim.instances(), [])

    def test_launches_of_an_hour_are_a_limit(self):
        self.start(settings="launches_per_hour_max = 0")
        self.refused(Limit, "launches_per_hour_max = 0")

    def test_an_address_that_is_not_allowed_is_told_so(self):
        self.start(settings='allow = ["10.0.0.0/8"]')
        self.refused(NotAllowed, "127.0.0.1 may not use this broker")


class Many(Case):
    def test_64_threads_on_four_workers_of_their_own_lose_none_and_have_none_twice(self):
        self.start(pool='sharing = "exclusive"')
        lock, holders, most, done, errors = threading.Lock(), collections.Counter(), [0], [], []

        def job(number):
            try:
                with self.worker(wait=120) as w:
                    with lock:
                        holders[w.address] += 1
                        most[0] = max(most[0], holders[w.address])
                    result = w.eval(f"expr {number} * 2")
                    with lock:
                        holders[w.address] -= 1
                        done.append((number, int(result), w.lease))
            except Exception as error:  # the thread's, told by the test
                errors.append(error)

        threads = [threading.Thread(target=job, args=[number]) for number in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertEqual(sorted((n, r) for n, r, _ in done), [(n, 2 * n) for n in range(MANY)])
        self.assertEqual(len({lease for _, _, lease in done}), MANY)
        self.assertEqual(most[0], 1)
        self.assertEqual(self.leases(), [])
        self.assertLessEqual(len(self.sim.instances()), 4)

    def test_64_tasks_share_a_worker_across_a_kill_of_the_broker_and_lose_none(self):
        self.start()
        held = []

        async def task(number, all_hold, go_on):
            async with compute_broker.aio.worker(broker=self.address) as w:
                held.append(w.lease)
                if len(held) == MANY:
                    all_hold.set()
                await go_on.wait()
                return int(await w.eval(f"expr {number} * 2")), w.interrupted

        async def main():
            all_hold, go_on = asyncio.Event(), asyncio.Event()
            tasks = [asyncio.ensure_future(task(n, all_hold, go_on)) for n in range(MANY)]
            await asyncio.wait_for(all_hold.wait(), harness.PATIENCE)
            await asyncio.get_running_loop().run_in_executor(None, self.restart_and_count)
            go_on.set()
            return await asyncio.gather(*tasks)

        self.assertEqual(asyncio.run(main()), [(2 * n, None) for n in range(MANY)])
        self.assertEqual(len(set(held)), MANY)
        self.assertEqual(self.leases(), [])
        self.assertEqual(len(self.sim.instances()), 1)

    def restart_and_count(self):
        self.assertEqual(len(self.leases()), MANY)
        self.restart()
        until("all are taken up again",
              lambda: [one["connected"] for one in self.leases()] == [True] * MANY)


if __name__ == "__main__":
    unittest.main(verbosity=2)
