"""python3 -m compute_broker: get, run, eval, status and release, where the program itself is not.

Exit codes: 0 done, 1 the broker or the script says no, 2 wrong usage, 3 no broker there, 4 no
answer in time, 75 the worker was lost. `run` has those of its command, or 128 + the signal that
ended it; 125: no worker, 126: the command cannot be executed, 127: there is no such command.
"""
from __future__ import annotations

import argparse
import json
import sys
import threading
from typing import Any, Dict, List, Optional

from .child import run_child
from .address import find_broker
from .connection import ask_broker
from .errors import BrokerError
from .keeper import RENEW_EVERY, Keeper
from .phase_line import PhaseLine
from .request import WORKER_PORT, Lease, Request, get_workers
from .times import seconds
from .leased import EVAL_LIMIT, held

NO_WORKER = 125


def main(arguments: Optional[List[str]] = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
        return code
    except ValueError as error:
        return _complain(options, str(error), 2)
    except BrokerError as error:
        return _complain(options, str(error), error.exit_code)
    except KeyboardInterrupt:
        return 130


def get(options: argparse.Namespace) -> int:
    # What needs a lease would be given back as soon as its address is told.
    for name, wanted in [("--count", options.count != 1), ("--exclusive", options.exclusive)]:
        if wanted and options.hold is None:
            raise ValueError(f"{name} takes --hold TIME as well: how long what you get is kept for "
                             "you")
    with PhaseLine(sys.stderr) as line:
        connection, leases = get_workers(_request(options, line), 2 if options.hold is None else 3,
                                         threading.Event(), lambda connection: None)
    connection.close()
    if options.json:
        rows = [_row(lease) for lease in leases]
        print(json.dumps(rows[0] if options.count == 1 else rows, separators=(",", ":")))
        return 0
    for lease in leases:
        print(lease.address)
        if lease.id and sys.stderr.isatty():
            _say(f"the worker {lease.address} is held for {options.hold}; to give it back sooner: "
                 f"python3 -m compute_broker release {lease.address} --lease {lease.id}")
    return 0


def run(options: argparse.Namespace) -> int:
    with PhaseLine(sys.stderr) as line:
        keeper = Keeper(_request(options, line), seconds(options.ping_interval))
        try:
            workers = held(keeper)
        except BrokerError as error:
            return _complain(options, str(error), NO_WORKER)
    try:
        addresses = [worker.address for worker in workers]
        return run_child(options.cmd, {"WORKER_IP": addresses[0], "WORKER_IPS": " ".join(addresses),
                                       "WORKER_PORT": str(options.worker_port)})
    finally:
        keeper.give_back()


def evaluate(options: argparse.Namespace) -> int:
    script = sys.stdin.read() if options.script == "-" else options.script
    with PhaseLine(sys.stderr) as line:
        keeper = Keeper(_request(options, line))
        workers = held(keeper)
    try:
        print(workers[0].eval(script, options.timeout))
        return 0
    finally:
        keeper.give_back()


def status(options: argparse.Namespace) -> int:
    answer = ask_broker(find_broker(options.broker), "STATUS all", seconds(options.timeout))
    if options.json:
        print(answer)
        return 0
    overview: Dict[str, Any] = json.loads(answer)
    rows = overview["ready"]
    print(f"{len(rows)} ready, {len(overview['coming'])} on the way, "
          f"{len(overview['ending'])} ending, {overview['waiting']} callers wait")
    for row in rows:
        left = row["will_terminate_in"]
        print(f"  {row['ip']} ({row['instance_id']}, {row['instance_type']}, pool {row['pool']}): "
              f"{len(row['leases'])} leases, idle {row['idle_seconds']} s, "
              f"{'held' if left is None else f'would end in {left} s'}")
    for row in overview["coming"]:
        print(f"  {row['instance_id'] or 'a launch'}, pool {row['pool']}: {row['state']}, since "
              f"{row['since_seconds']} s")
    for trouble in overview["troubles"]:
        print(trouble)
    return 0


def release(options: argparse.Namespace) -> int:
    broker, limit, address = find_broker(options.broker), seconds(options.timeout), options.address
    if options.lease:
        ask_broker(broker, f"RELEASE {address} lease={options.lease}", limit)
        done = f"the lease on {address} is given back; the worker ends when nobody else uses it"
    else:
        # RELEASE is answered OK whatever the address is; what it does is known from the overview.
        overview = json.loads(ask_broker(broker, "STATUS all", limit))
        found = [row for part in ("ready", "coming", "ending") for row in overview[part]
                 if row["ip"] == address]
        if not found:
            raise BrokerError(f"the broker has no worker at {address}, so nothing was released; "
                              "python3 -m compute_broker status shows those that there are")
        if found[0] in overview["coming"] and overview["waiting"]:
            raise BrokerError(f"{address} is not ready yet and is waited for, so it goes on; "
                              "release it when its caller is done")
        ask_broker(broker, f"RELEASE {address}", limit)
        if found[0].get("leases"):
            raise BrokerError(f"{address} goes on, because others hold leases on it; --lease ID "
                              "gives back your own")
        done = f"{address} is ending, for everybody who used it"
    print('{"ok":true}' if options.json else done)
    return 0


def _request(options: argparse.Namespace, line: PhaseLine) -> Request:
    given = vars(options)
    names = ("cores", "pool", "type", "market", "region", "exclusive", "count", "hold", "wait",
             "client", "broker", "release", "worker_port")
    return Request(progress=line.show, **{name: given[name] for name in names if name in given})


def _row(lease: Lease) -> Dict[str, str]:
    return {"ip": lease.address, "lease": lease.id} if lease.id else {"ip": lease.address}


def _say(sentence: str) -> None:
    print(f"compute_broker: {sentence}", file=sys.stderr)


def _complain(options: argparse.Namespace, sentence: str, code: int) -> int:
    if getattr(options, "json", False):
        print(json.dumps({"error": sentence}))
    else:
        _say(sentence)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m compute_broker", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, does: Any, what: str, wants: bool = False,
                limit: str = "30s") -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=what, description=what)
        one.set_defaults(command=does)
        one.add_argument("--broker", metavar="HOST:PORT", help="where the broker is "
                         "[COMPUTE_BROKER, client.conf, this machine]")
        if limit:
            one.add_argument("--timeout", metavar="TIME", default=limit,
                             help=f"how long to wait for the answer [{limit}]")
        if wants:
            _add_wanted(one)
        if wants and does is not evaluate:
            one.add_argument("--count", metavar="N", type=int, default=1, help="so many, or none")
        return one

    one = command("get", get, "prints the address of a worker that answers", wants=True, limit="")
    one.add_argument("--hold", metavar="TIME", help="keep it for so long")
    one.add_argument("--json", action="store_true", help="one line of JSON; errors as well")
    one = command("run", run, "runs a command with a worker's address in WORKER_IP and WORKER_PORT",
                  wants=True, limit="")
    one.add_argument("--release", action="store_true", help="end the worker when the command has "
                     "ended, for everybody who holds no lease on it")
    one.add_argument("--worker-port", type=int, default=WORKER_PORT, metavar="PORT")
    one.add_argument("--ping-interval", default=f"{RENEW_EVERY:g}s", metavar="TIME",
                     help=f"how often the lease is renewed [{RENEW_EVERY:g}s]")
    one.add_argument("cmd", nargs="+", metavar="CMD",
                     help="the command and its arguments, after --")
    one = command("eval", evaluate, "prints the result of a Tcl script on a worker", wants=True,
                  limit=f"{EVAL_LIMIT:g}s")
    one.add_argument("--worker-port", type=int, default=WORKER_PORT, metavar="PORT")
    one.add_argument("script", metavar="SCRIPT", help="- reads it from standard input")
    one = command("status", status, "shows what is ready, on its way, and in the way")
    one.add_argument("--json", action="store_true", help="the broker's own line")
    one = command("release", release, "ends a worker for everybody who holds no lease on it")
    one.add_argument("--json", action="store_true", help="one line of JSON; errors as well")
    one.add_argument("--lease", metavar="ID", help="give back this lease, and nothing else")
    one.add_argument("address", metavar="IP")
    return parser


def _add_wanted(one: argparse.ArgumentParser) -> None:
    one.add_argument("--wait", metavar="TIME", default="10m", help="how long to wait for it [10m]")
    one.add_argument("--pool", metavar="NAME", help="of which pool")
    one.add_argument("--cores", metavar="N", type=int, help="how many cores it has at least")
    one.add_argument("--type", help="its instance type, such as c7i.16xlarge")
    one.add_argument("--market", help="spot or on-demand")
    one.add_argument("--region", help="such as us-east-1")
    one.add_argument("--exclusive", action="store_true", help="with nobody else on it")
    one.add_argument("--client", metavar="NAME", help="our name in the broker's log")


if __name__ == "__main__":
    sys.exit(main())
