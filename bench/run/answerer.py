#!/usr/bin/env python3
"""Answers dserv's port at many loopback addresses with 42, whatever is asked: the workers of a
simulated EC2 that has no process for each. Reads the addresses from stdin, a line each, says
"ready", and ends when stdin is closed."""
import select
import socket
import struct
import sys

ANSWER = struct.pack(">I", 2) + b"42"


def listening(address):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 2560))
    s.listen(64)
    s.setblocking(False)
    return s


def answered(client):
    """Whether it goes on."""
    try:
        if not client.recv(4096):
            return False
        client.send(ANSWER)
        return True
    except OSError:
        return False


def main():
    doors, clients = {}, {}
    poll = select.epoll()
    for line in iter(sys.stdin.readline, "\n"):
        s = listening(line.strip())
        doors[s.fileno()] = s
        poll.register(s, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == sys.stdin.fileno():
                return
            if fd in doors:
                client, _ = doors[fd].accept()
                clients[client.fileno()] = client
                poll.register(client, select.EPOLLIN)
            elif not answered(clients[fd]):
                clients.pop(fd).close()


if __name__ == "__main__":
    main()
