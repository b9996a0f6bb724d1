"""Nothing is left running behind ec2sim, however it ends."""
import ctypes
import os
import pathlib
import signal
import socket

from simulator import Dserv, SimulatorTest, main, until

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>

# A script of a worker may start programs of its own, in the background too.
BACKGROUND = "exec sleep 1000 & ; exec sh -c {sleep 1000 & sleep 1000} & ; exec setsid sleep 1000 &"


def descendants(pid):
    """All living processes below `pid`, with the time each started (ids are used again)."""
    parents = {}
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                fields = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(path.name)] = (int(fields[1]), fields[19])
    found, todo = {}, [pid]
    while todo:
        parent = todo.pop()
        for child, (of, started) in parents.items():
            if of == parent and child not in found:
                found[child] = started
                todo.append(child)
    return found


def living(processes):
    alive = []
    for pid, started in processes.items():
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[19] == started and fields[0] not in "ZX":
            alive.append(pid)
    return alive


def refuses(address):
    try:
        socket.create_connection((address, 2560), timeout=5).close()
    except OSError:
        return True
    return False


class Endings(SimulatorTest):
    def start(self, count=3):
        self.sim = self.simulator()
        ec2 = self.sim.client()
        ids = [self.launched(ec2) for _ in range(count)]
        self.addresses = [self.sim.wait_ready(i)["address"] for i in ids]
        for address in self.addresses:
            dserv = Dserv(address)
            dserv.ask(BACKGROUND)
            dserv.close()
        # Of each: the worker, its tclsh, and at least four programs that its script started.
        self.processes = until("all programs", lambda: (
            len(p := descendants(self.sim.process.pid)) >= count * 6 and p))
        return ids

    def nothing_is_left(self):
        until("the end of all processes", lambda: not living(self.processes))
        for address in self.addresses:
            self.assertTrue(refuses(address), address)

    def test_killed_with_9_it_leaves_no_process_and_no_socket(self):
        self.start()
        self.sim.process.send_signal(signal.SIGKILL)
        self.nothing_is_left()

    def test_killed_with_9_it_leaves_no_frozen_worker_either(self):
        # Adopted by one of their own session, as in a container: the kernel wakes nobody then.
        adopts = ctypes.CDLL(None).prctl
        adopts(PR_SET_CHILD_SUBREAPER, 1)
        self.addCleanup(adopts, PR_SET_CHILD_SUBREAPER, 0)
        for instance in self.start():
            self.sim.control(f"instances/{instance}/freeze", {})
        self.sim.process.send_signal(signal.SIGKILL)
        self.nothing_is_left()

    def test_ended_with_sigterm_it_leaves_nothing_and_exits_with_0(self):
        self.start()
        self.assertEqual(self.sim.end(), 0)
        self.nothing_is_left()

    def test_a_terminated_instance_loses_its_processes(self):
        ids = self.start()
        self.sim.client().terminate_instances(InstanceIds=ids)
        self.nothing_is_left()

    def test_clear_ends_all_processes(self):
        self.start()
        self.sim.control("clear", {})
        self.nothing_is_left()

    def test_a_worker_that_is_ended_by_hand_takes_its_programs_with_it(self):
        self.start(count=1)
        workers = [pid for pid in self.processes
                   if b"ec2sim-worker" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        self.assertEqual(len(workers), 1)
        os.kill(workers[0], signal.SIGTERM)
        self.nothing_is_left()

    def test_a_script_that_ends_the_service_leaves_no_program_behind(self):
        self.start(count=1)
        dserv = Dserv(self.addresses[0])
        self.addCleanup(dserv.close)
        dserv.send("exit")
        self.nothing_is_left()


class Starts(SimulatorTest):
    def test_two_simulators_share_no_address(self):
        addresses = set()
        for _ in range(2):
            sim = self.simulator()
            addresses.add(sim.instance(self.launched(sim.client()))["address"])
        self.assertEqual(len(addresses), 2)

    def test_a_taken_port_is_said_in_one_sentence(self):
        sim = self.simulator()
        with self.assertRaises(AssertionError) as caught:
            self.simulator(listen=f"127.0.0.1:{sim.port}")
        self.assertIn(f"Cannot listen on 127.0.0.1:{sim.port}", str(caught.exception))

    def test_a_bad_setting_is_said_in_one_sentence(self):
        with self.assertRaises(AssertionError) as caught:
            self.simulator(settings={"pending": "soon"})
        self.assertIn('The setting "pending" wants', str(caught.exception))


if __name__ == "__main__":
    main()
