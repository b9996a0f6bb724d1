#!/usr/bin/env python3
"""Runs a broker.py unchanged, with other settings: what the benchmarks compare with.

  python_broker.py PATH_TO_broker.py PORT [BACKLOG]

The endpoint and the credentials come from the environment, as boto3 reads them. BACKLOG replaces
the length of its accept queue (5): with 4096 the comparison is about the program, not the queue.
"""
import importlib.util
import os
import socket
import sys
import types


def load(path):
    spec = importlib.util.spec_from_file_location("broker", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_backlog(backlog):
    """The socket module, but for the length of the accept queue."""
    class Socket(socket.socket):
        def listen(self, _):
            super().listen(backlog)

    other = types.ModuleType("socket")
    other.__dict__.update(socket.__dict__)
    other.socket = Socket
    return other


def main():
    path, port = sys.argv[1], int(sys.argv[2])
    broker = load(path)
    broker.LISTEN_PORT = port
    if len(sys.argv) > 3:
        broker.socket = with_backlog(int(sys.argv[3]))
    sys.stdout = open(os.devnull, "w")  # it prints a line for every client
    broker.ComputeBroker().run()


if __name__ == "__main__":
    main()
