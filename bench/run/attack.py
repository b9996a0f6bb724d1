#!/usr/bin/env python3
"""A client that means no good, on loopback, at a bounded rate, until its stdin is closed.

  attack.py PORT KIND

  silent       15,000 connections that never say a word, opened anew when they are closed
  slow         500 connections that send a letter every two seconds and never a newline
  long-lines   ten lines of 10 MB a second, ended by nothing
  never-reads  20 connections of protocol 2 that ask for ever and never read
  resets       500 connections a second, reset in the middle of a command
"""
import contextlib
import resource
import select
import socket
import struct
import sys
import threading
import time

SILENT, SLOW, GREEDY = 15_000, 500, 20
RESET = struct.pack("ii", 1, 0)
over, ready = threading.Event(), threading.Event()


def connect(port, number=0):
    """From one of many addresses: one has 28,000 ports only."""
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
    s.bind((f"127.2.{number // 250 % 250}.{number % 250 + 1}", 0))
    s.connect(("127.0.0.1", port))
    return s


def told_ready():
    if not ready.is_set():
        ready.set()
        print("ready", flush=True)


def silent(port):
    poll, held = select.epoll(), {}
    for number in range(SILENT):
        s = connect(port, number)
        poll.register(s, select.EPOLLIN | select.EPOLLRDHUP)
        held[s.fileno()] = s
    told_ready()
    while not over.is_set():
        for fd, _ in poll.poll(0.1, 100):
            held.pop(fd).close()
            s = connect(port, fd)
            poll.register(s, select.EPOLLIN | select.EPOLLRDHUP)
            held[s.fileno()] = s


def slow(port):
    held = [connect(port, n) for n in range(SLOW)]
    told_ready()
    for turn in range(1_000_000):
        number = turn % SLOW
        if over.wait(2 / SLOW):
            return
        try:
            held[number].send(b"G")
        except OSError:  # its time was up
            held[number].close()
            held[number] = connect(port, number)


def long_lines(port):
    told_ready()
    while not over.wait(0.1):
        with contextlib.suppress(OSError), connect(port) as s:
            s.sendall(b"x" * 10_000_000)


def never_reads(port):
    held = {}
    while not over.wait(0.02):
        for n in range(GREEDY):
            try:
                if n not in held:
                    held[n] = connect(port, n)
                    held[n].sendall(b"HELLO 2\n")
                    held[n].setblocking(False)
                held[n].send(b"STATUS\n" * 1000)
            except BlockingIOError:
                told_ready()  # it takes no more
            except OSError:
                held.pop(n).close()  # its time was up


def resets(port):
    told_ready()
    number = 0
    while not over.wait(0.002):
        number += 1
        s = connect(port, number)
        s.send(b"GET_WORKER\n"[:number % 12])
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        s.close()


def main():
    port, kind = int(sys.argv[1]), sys.argv[2]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = {"silent": silent, "slow": slow, "long-lines": long_lines,
             "never-reads": never_reads, "resets": resets}
    attacker = threading.Thread(target=kinds[kind], args=(port,), daemon=True)
    attacker.start()
    sys.stdin.read()
    over.set()
    attacker.join(20)


if __name__ == "__main__":
    main()
