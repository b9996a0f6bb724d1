#!/usr/bin/env python3
"""Runs the examples of docs/protocol.md against the real listener.

usage: examples_test.py PROTOCOL_MD SCRIPTED_BROKER...

The last words are its command: an emulator may stand in front of it.
"""
import re
import socket
import subprocess
import sys
import threading

# What each example prints, in the order in which they stand in the document.
EXPECTED = [
    ("sh", "198.51.100.7\n"),
    ("tcl", ""),
    ("python", ""),
    ("sh", "[]\nOK\n"),
    ("python", "pending i-0abc\n"),
]
INTERPRETER = {"sh": ["sh", "-eu"], "tcl": ["tclsh"], "python": [sys.executable, "-"]}


def examples(path):
    with open(path, encoding="utf-8") as text:
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text.read(), re.M | re.S)
    return [(language, code) for language, code in blocks if language in INTERPRETER]


def run_example(language, code, port):
    # Tcl closes its half after a script from standard input: an exit says that all of it ran.
    code = code.replace("9000", port) + ("\nexit 0\n" if language == "tcl" else "")
    done = subprocess.run(INTERPRETER[language], input=code, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", f"{language}: {done.stderr}"
    return done.stdout


def refuse_everybody(door):
    """A broker that greets, and has no worker."""
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        with client, client.makefile("rw", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                hello = line.startswith("HELLO")
                lines.write("OK compute-broker 1 protocol 2\n" if hello else "ERROR: no worker\n")
                lines.flush()
                if not hello:
                    break


def errors_are_noticed(found):
    """No example takes an ERROR line for a worker; the first one only prints its answer."""
    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=refuse_everybody, args=[door], daemon=True).start()
    for language, code in found[1:]:
        code = code.replace("9000", str(door.getsockname()[1]))
        done = subprocess.run(INTERPRETER[language], input=code + "\nexit 0\n" * (
            language == "tcl"), capture_output=True, text=True, timeout=60)
        assert "no worker" in done.stderr, f"{language} took an ERROR for a worker: {code}"
        assert language == "tcl" or done.returncode != 0, language
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def dialogues(path, port):
    """The sessions of protocols 2 and 3, as the document shows them: accepted as written."""
    with open(path, encoding="utf-8") as text:
        sessions = re.findall(r"^```\n(> HELLO.*?)^```", text.read(), re.M | re.S)
    lease = "198.51.100.7 lease=k3x2q2mwa7bdf"
    expected = [["OK compute-broker 1.2.3 protocol 2", "198.51.100.7", "OK"],
                ["OK compute-broker 1.2.3 protocol 3", lease, "OK", "OK"]]
    found = [dialogue(session, port) for session in sessions]
    assert found == expected, found


def dialogue(session, port):
    lines = re.findall(r"^> (.*)$", session, re.M)
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as sock:
        sock.sendall("".join(line + "\n" for line in lines).encode())
        sock.shutdown(socket.SHUT_WR)
        answers = sock.makefile(encoding="utf-8").read().splitlines()
    return [line for line in answers if not line.startswith("# ")]


def main(document, *broker_command):
    found = examples(document)
    assert [language for language, _ in found] == [language for language, _ in EXPECTED], found
    broker = subprocess.Popen(broker_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    try:
        port = broker.stdout.readline().strip()
        for (language, code), (_, expected) in zip(found, EXPECTED):
            printed = run_example(language, code, port)
            assert printed == expected, f"{language} printed {printed!r}, not {expected!r}"
            print("ok", language)
        errors_are_noticed(found)
        print("ok errors")
        dialogues(document, port)
        print("ok dialogues")
    finally:
        broker.stdin.close()
        broker.wait(timeout=60)


if __name__ == "__main__":
    main(*sys.argv[1:])
