#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# on_terminal.py [--do COMMAND] [--hang-up COMMAND] ANSWER PROGRAM ARG...: runs the program on a terminal of
# its own. At its question runs the first command in bash, then answers: HINT (the four characters that it
# asks for), EOF (Ctrl-D), INTERRUPT (Ctrl-C), HANGUP (the terminal goes away), or the text itself; NONE: no
# question is expected. Has the terminal go away when the second command has ended. Prints what was on the
# terminal; exits as the program did.
import os
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


def hang_up(child):
    os.close(child.child_fd)
    _, status = os.waitpid(child.pid, 0)
    sys.stdout.flush()
    os._exit(os.waitstatus_to_exitcode(status) % 256)


def main():
    arguments, commands = sys.argv[1:], {}
    while arguments[0] in ("--do", "--hang-up"):
        commands[arguments[0]] = arguments[1]
        arguments = arguments[2:]
    text, program = arguments[0], arguments[1:]
    child = pexpect.spawn(program[0], program[1:], timeout=SECONDS, dimensions=(24, 100))
    child.logfile_read = sys.stdout.buffer
    if text != "NONE" and child.expect([QUESTION, pexpect.EOF, pexpect.TIMEOUT]) != 0:
        sys.exit("no question was asked")
    subprocess.run(["bash", "-c", commands.get("--do", "true")], check=True)
    if text == "HANGUP":
        hang_up(child)
    if text != "NONE":
        answer(child, text)
    if "--hang-up" in commands:
        subprocess.run(["bash", "-c", commands["--hang-up"]], check=True)
        hang_up(child)
    child.expect(pexpect.EOF)
    child.wait()
    sys.stdout.flush()
    sys.exit(child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus)


main()
