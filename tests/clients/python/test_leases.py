#!/usr/bin/env python3
"""How the Python client asks for workers and keeps them, against a broker that plays a script."""
import asyncio
import threading
import unittest
import warnings
from unittest import mock

from scripted import LEASE, Case, until
import compute_broker
from compute_broker import keeper, leased, request
from compute_broker.errors import (BadRequest, BrokerError, EvalError, NoCapacity, NotAllowed,
                                   Stopped, TimedOut, Unavailable, WorkerLost)

ONE = LEASE[:-1] + "b"


def in_haste(**limits):
    """With limits of a test's size instead of a person's."""
    return mock.patch.multiple(request, **limits)


class Asking(Case):
    def test_every_option_arrives_as_it_was_meant(self):
        broker = self.giving(count=2)
        with compute_broker.workers(broker=broker.address, cores=64, pool="big", exclusive=True,
                                    type="c7i.16xlarge", market="spot", region="us-east-1", count=2,
                                    hold="20m", wait=90, client="rig 3"):
            pass
        self.assertEqual(broker.lines[:2], [
            "HELLO 3 client=rig-3",
            "GET_WORKER wait=90 pool=big cores=64 type=c7i.16xlarge market=spot region=us-east-1 "
            "count=2 exclusive=1 hold=1200s"])

    def test_progress_is_heard_and_a_notice_before_the_answer_is_no_answer(self):
        broker = self.broker(("GET_WORKER", f"# pending i-0abc\nNOTICE 198.51.100.8 ended idle\n"
                                            f"# booting i-0abc\n198.51.100.7 lease={ONE}"))
        heard = []
        with compute_broker.worker(broker=broker.address, progress=heard.append) as w:
            self.assertEqual((w.address, w.lease, w.port), ("198.51.100.7", ONE, 2560))
        self.assertEqual(heard, ["pending i-0abc", "booting i-0abc"])

    def test_a_refusal_is_an_exception_of_its_kind_with_the_brokers_sentence(self):
        for text, kind in [("no capacity for pool default (c7i spot: none)", NoCapacity),
                           ("Bad request: cores= takes a whole number", BadRequest),
                           ("max_workers = 2 is reached", compute_broker.Limit),
                           ("the AMI is gone", BrokerError)]:
            broker = self.broker(("GET_WORKER", "ERROR: " + text))
            with self.assertRaises(kind) as caught, compute_broker.worker(broker=broker.address):
                pass
            self.assertIs(type(caught.exception), kind)
            self.assertEqual(str(caught.exception), text)

    def test_whoever_may_not_use_it_is_told_so_at_once(self):
        broker = self.broker(("HELLO", "ERROR: 10.1.2.3 may not use this broker; add it to allow"))
        with self.assertRaisesRegex(NotAllowed, "add it to allow"), \
                compute_broker.worker(broker=broker.address):
            pass

    def test_nobody_there_is_said_with_the_address_and_what_to_do(self):
        broker = self.broker()
        broker.close()
        with in_haste(COMING_UP=0.1), self.assertRaises(Unavailable) as caught:
            compute_broker.worker(broker=broker.address).__enter__()
        self.assertRegex(str(caught.exception), f"cannot reach the broker at {broker.address}: .*; "
                                                "start it there .* or name another with broker=")

    def test_a_broker_that_ends_while_we_wait_is_asked_anew_when_it_is_back(self):
        answers = ["cut", "ERROR: the broker is stopping; ask again in a few seconds",
                   f"127.0.0.1 lease={ONE}"]

        def answer(line, client):
            text = answers.pop(0)
            if text == "cut":
                broker.hang_up()
                return None
            return text

        broker = self.broker(("GET_WORKER", answer))
        heard = []
        with compute_broker.worker(broker=broker.address, progress=heard.append) as w:
            self.assertEqual(w.lease, ONE)
        self.assertRegex(heard[0], "the broker at .* closed the connection without an answer")
        self.assertRegex(heard[1], "the broker is stopping")

    def test_an_address_that_is_cut_short_is_no_address(self):
        def answer(line, client):
            client.sendall(b"198.51.100.1")
            broker.hang_up()

        broker = self.broker(("GET_WORKER", answer))
        with self.assertRaisesRegex(Unavailable, "closed the connection"):
            compute_broker.worker(broker=broker.address, wait=0).__enter__()

    def test_a_broker_that_never_answers_is_given_up_after_the_wait_and_a_little(self):
        broker = self.broker(("GET_WORKER", None))
        with in_haste(_LATE=0.3), self.assertRaisesRegex(TimedOut, "did not answer GET_WORKER"):
            compute_broker.worker(broker=broker.address, wait=0).__enter__()


class Keeping(Case):
    def keeper(self, broker, **options):
        one = keeper.Keeper(request.Request(broker=broker.address, **options), 0.05)
        one.take()
        self.addCleanup(one.give_back)
        return one

    def test_a_lease_is_renewed_on_the_connection_that_holds_it(self):
        broker = self.giving()
        self.keeper(broker)
        until("three renewals", lambda: len(broker.said("RENEW")) >= 3)
        self.assertEqual(set(broker.said("RENEW")), {f"RENEW lease={ONE}"})
        self.assertEqual(len(broker.said("HELLO")), 1)

    def test_after_a_lost_connection_every_lease_is_taken_up_on_the_next_one(self):
        broker = self.giving(count=2)
        one = keeper.Keeper(request.Request(broker=broker.address, count=2), 3600)
        one.take()
        self.addCleanup(one.give_back)
        broker.hang_up()
        until("both", lambda: len(broker.said("RENEW")) == 2)
        self.assertEqual(broker.said("RENEW"), [f"RENEW lease={h.lease.id}" for h in one.holdings])
        self.assertEqual(len(broker.said("HELLO")), 2)
        self.assertEqual([h.lost for h in one.holdings], [None, None])

    def test_a_lease_that_has_ended_is_lost_and_the_others_go_on(self):
        broker = self.giving((f"RENEW lease={ONE}", "ERROR: Lease not found"), count=2)
        one = self.keeper(broker, count=2)
        until("its loss", lambda: one.holdings[0].lost)
        self.assertEqual(one.holdings[0].lost,
                         "Lease not found: the lease on 127.0.0.1 has ended")
        before = len(broker.said("RENEW"))
        until("more of the other", lambda: len(broker.said("RENEW")) > before + 1)
        self.assertIsNone(one.holdings[1].lost)
        self.assertEqual(len(broker.said(f"RENEW lease={ONE}")), 1)

    def test_a_notice_of_its_end_interrupts_a_script_and_says_why(self):
        worker = self.dserv(lambda script: None)
        broker = self.giving(("RENEW", lambda line, client: (
            "NOTICE 127.0.0.1 ended idle 900 s (limit 900 s)\nOK" if worker.scripts else "OK")))
        one = self.keeper(broker)
        w = compute_broker.Worker(one.holdings[0], worker.port)
        self.assertIsNone(w.interrupted)
        with self.assertRaisesRegex(WorkerLost, "127.0.0.1 ended idle 900 s"):
            w.eval("after 60000")
        self.assertEqual(w.interrupted, "ended idle 900 s (limit 900 s)")
        self.assertEqual(list(w.notices), ["ended idle 900 s (limit 900 s)"])
        with self.assertRaises(WorkerLost):
            w.eval("expr 1")

    def test_the_loss_of_a_lease_alone_costs_no_script_that_has_begun(self):
        lost = threading.Event()

        def answer(script):
            lost.wait(60)
            return "42"

        worker = self.dserv(answer)
        broker = self.giving(("RENEW", lambda line, client: (
            "ERROR: Lease not found" if worker.scripts else "OK")))
        one = self.keeper(broker)
        w = compute_broker.Worker(one.holdings[0], worker.port)
        watch = threading.Thread(target=lambda: (until("it", lambda: w.interrupted), lost.set()))
        watch.start()
        self.assertEqual(w.eval("expr 6*7"), "42")
        watch.join()
        with self.assertRaisesRegex(WorkerLost, "Lease not found"):
            w.eval("expr 6*7")

    def test_a_notice_that_is_not_known_is_kept_and_ends_nothing(self):
        broker = self.giving(("RENEW", "NOTICE 127.0.0.1 painted blue\nNOTICE\nOK"))
        one = self.keeper(broker)
        until("it", lambda: one.holdings[0].notices)
        self.assertEqual(one.holdings[0].notices[0], "painted blue")
        self.assertIsNone(one.holdings[0].lost)
        self.assertIsNone(one.holdings[0].interrupted)


class GivingBack(Case):
    def after_hello(self, broker):
        """What was said on the connection that gives back."""
        last = max(n for n, line in enumerate(broker.lines) if line.startswith("HELLO"))
        return broker.lines[last + 1:]

    def test_the_end_of_the_block_gives_back_and_leaves_the_machine_to_others(self):
        broker = self.giving()
        with compute_broker.worker(broker=broker.address):
            pass
        self.assertEqual(self.after_hello(broker),
                         ["PING 127.0.0.1", f"RELEASE 127.0.0.1 lease={ONE}"])

    def test_release_ends_the_machine_as_well(self):
        broker = self.giving()
        with compute_broker.worker(broker=broker.address, release=True):
            pass
        self.assertEqual(self.after_hello(broker)[-2:],
                         [f"RELEASE 127.0.0.1 lease={ONE}", "RELEASE 127.0.0.1"])

    def test_a_machine_whose_service_failed_is_not_kept_for_others(self):
        broker = self.giving()
        gone = self.dserv(lambda script: b"")
        with self.assertRaises(WorkerLost), \
                compute_broker.worker(broker=broker.address, worker_port=gone.port) as w:
            w.eval("expr 6*7")
        self.assertEqual(self.after_hello(broker), [f"RELEASE 127.0.0.1 lease={ONE}"])

    def test_what_was_ours_alone_is_not_kept_for_others_who_could_not_have_it_so(self):
        broker = self.giving()
        with compute_broker.worker(broker=broker.address, exclusive=True):
            pass
        self.assertEqual(self.after_hello(broker), [f"RELEASE 127.0.0.1 lease={ONE}"])

    def test_a_worker_that_was_given_back_does_no_more_scripts(self):
        broker = self.giving()
        with compute_broker.worker(broker=broker.address) as w:
            pass
        with self.assertRaisesRegex(WorkerLost, "the worker 127.0.0.1 was given back"):
            w.eval("expr 6*7")

    def test_an_error_in_the_block_goes_through_and_gives_back_too(self):
        broker = self.giving()
        with self.assertRaises(ZeroDivisionError), compute_broker.worker(broker=broker.address):
            1 / 0
        self.assertEqual(len(broker.said("RELEASE")), 1)

    def test_what_could_not_be_given_back_is_a_warning_and_no_result_is_lost(self):
        broker = self.giving()
        with in_haste(COMING_UP=0.1), self.assertWarnsRegex(
                RuntimeWarning, "the lease on 127.0.0.1 was not given back .cannot reach"):
            with compute_broker.worker(broker=broker.address):
                broker.close()

    def test_a_lease_that_was_lost_is_not_given_back(self):
        broker = self.giving(("RENEW", "ERROR: Lease not found"))
        one = keeper.Keeper(request.Request(broker=broker.address), 0.01)
        one.take()
        until("its loss", lambda: one.holdings[0].lost)
        one.give_back()
        self.assertEqual(broker.said("RELEASE"), [])

    def test_no_thread_is_left(self):
        broker = self.giving()

        def ours():
            return [t for t in threading.enumerate() if t.name == f"leases of {broker.address}"]

        with compute_broker.worker(broker=broker.address):
            self.assertEqual(len(ours()), 1)
        self.assertEqual(ours(), [])


class Mapping(Case):
    def all_of(self, *answers):
        """One worker for each, which answers so."""
        workers = [self.dserv(answer) for answer in answers]
        broker = self.giving(count=len(answers))
        block = compute_broker.workers(broker=broker.address, count=len(answers))
        block.__enter__()
        self.addCleanup(block.__exit__, None, None, None)
        holdings = block._keeper.holdings
        return workers, compute_broker.Workers([compute_broker.Worker(h, w.port)
                                                for h, w in zip(holdings, workers)])

    def test_results_come_in_the_order_of_the_items_and_all_workers_help(self):
        together = threading.Barrier(2, timeout=60)

        def answer(script):
            together.wait()
            return script

        _, both = self.all_of(answer, answer)
        self.assertEqual(both.map(lambda n: f"expr {n}", range(20)),
                         [f"expr {n}" for n in range(20)])

    def test_the_item_of_a_lost_worker_is_done_by_another(self):
        gone = threading.Event()

        def answer(script):
            gone.wait(60)
            return script

        def lost(script):
            gone.set()
            return b""

        workers, both = self.all_of(answer, lost)
        self.assertEqual(both.map(str, range(6)), [str(n) for n in range(6)])
        self.assertEqual(len(workers[1].scripts), 1)

    def test_when_no_worker_is_left_the_map_is_lost(self):
        _, both = self.all_of(lambda script: b"", lambda script: b"")
        with self.assertRaises(WorkerLost):
            both.map(str, range(6))

    def test_the_first_error_ends_the_map_and_calls_off_the_rest(self):
        begun = threading.Event()

        def failing(script):
            begun.wait(60)
            return "!TCL_ERROR boom"

        def long(script):
            begun.set()

        workers, both = self.all_of(failing, long)
        with self.assertRaisesRegex(EvalError, "^boom$"):
            both.map(str, range(6))
        self.assertEqual(sum(len(worker.scripts) for worker in workers), 2)

    def test_no_items_are_no_scripts(self):
        _, one = self.all_of(lambda script: script)
        self.assertEqual(one[0].map("$item", []), [])

    def test_a_map_that_is_called_off_ends(self):
        stop = threading.Event()
        _, one = self.all_of(lambda script: stop.set())
        with self.assertRaises(Stopped):
            one.map(str, range(2), stop=stop)


class Tasks(Case):
    def test_a_block_and_its_calls_can_be_awaited(self):
        worker = self.dserv(lambda script: script)
        broker = self.giving()

        async def main():
            heard = []
            async with compute_broker.aio.worker(broker=broker.address, worker_port=worker.port,
                                                 progress=heard.append) as w:
                return w.address, await w.eval("a"), await w.map(str, [1, 2])

        self.assertEqual(asyncio.run(main()), ("127.0.0.1", "a", ["1", "2"]))
        self.assertEqual(len(broker.said("RELEASE")), 1)

    def test_progress_is_called_in_the_event_loop(self):
        broker = self.broker(("GET_WORKER", f"# booting\n127.0.0.1 lease={ONE}"))
        heard = []

        async def main():
            def progress(phase):
                heard.append((phase, threading.current_thread() is threading.main_thread()))

            async with compute_broker.aio.worker(broker=broker.address, progress=progress):
                pass

        asyncio.run(main())
        self.assertEqual(heard, [("booting", True)])

    async def cancelled(self, call, when):
        task = asyncio.ensure_future(call)
        while not when():
            await asyncio.sleep(0.01)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task

    def test_a_cancelled_wait_for_a_worker_hangs_up(self):
        gone = threading.Event()

        def answer(line, client):
            client.recv(1)  # nothing, at the end
            gone.set()

        broker = self.broker(("GET_WORKER", answer))

        block = compute_broker.aio.worker(broker=broker.address)
        asyncio.run(self.cancelled(block.__aenter__(), lambda: broker.said("GET_WORKER")))
        self.assertTrue(gone.wait(60))

    def test_a_worker_that_comes_in_the_moment_of_the_cancel_is_given_back(self):
        broker = self.giving()
        one = keeper.Keeper(request.Request(broker=broker.address))
        with mock.patch.object(keeper, "get_workers", side_effect=lambda *a: (
                got := request.get_workers(*a), one.cancel())[0]), self.assertRaises(Stopped):
            leased.held(one)
        self.assertEqual(broker.said("RELEASE"), [f"RELEASE 127.0.0.1 lease={ONE}"])

    def test_a_cancelled_script_lets_its_connection_go(self):
        worker = self.dserv(lambda script: None)
        broker = self.giving()

        async def main():
            block = compute_broker.aio.worker(broker=broker.address, worker_port=worker.port)
            async with block as w:
                await self.cancelled(w.eval("after 60000"), lambda: worker.scripts)
                until("its end", lambda: worker.sockets[0].fileno() == -1)

        asyncio.run(main())


if __name__ == "__main__":
    warnings.simplefilter("error", ResourceWarning)
    unittest.main()
