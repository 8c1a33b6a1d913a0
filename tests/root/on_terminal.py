#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# on_terminal.py [--do COMMAND] ANSWER PROGRAM ARG...: runs the program on a terminal of its own. At its question runs COMMAND in a
# shell, then answers: HINT (the four characters that it asks for), EOF (Ctrl-D), INTERRUPT (Ctrl-C), HANGUP (the terminal
# goes away), or the text itself. NONE: no question is expected. Prints what was on the terminal; exits as the program did.
import os
import signal
import subprocess
import sys

import pexpect

QUESTION = rb"last four characters \(([^)]*)\): "
SECONDS = 60


def answer(child, text):
    if text == "EOF":
        child.sendeof()
    elif text == "INTERRUPT":
        child.sendintr()
    elif text == "HINT":
        child.sendline(child.match.group(1))
    else:
        child.sendline(text)


def main():
    arguments = sys.argv[1:]
    command = None
    if arguments[0] == "--do":
        command, arguments = arguments[1], arguments[2:]
    text, program = arguments[0], arguments[1:]
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    child = pexpect.spawn(program[0], program[1:], timeout=SECONDS, dimensions=(24, 100))
    child.logfile_read = sys.stdout.buffer
    if text != "NONE":
        if child.expect([QUESTION, pexpect.EOF, pexpect.TIMEOUT]) != 0:
            sys.exit("no question was asked")
        if command is not None:
            subprocess.run(command, shell=True, check=True)
    if text == "HANGUP":
        os.close(child.child_fd)
        _, status = os.waitpid(child.pid, 0)
        sys.exit(os.waitstatus_to_exitcode(status) % 256)
    if text != "NONE":
        answer(child, text)
    child.expect(pexpect.EOF)
    child.wait()
    sys.stdout.flush()
    sys.exit(child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus)


main()
