#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# terminal.py ROWSxCOLUMNS PROGRAM ARG...: runs the program on a terminal of that size and plays a terminal that knows the few
# sequences that it uses. Prints the lines that are left at the end, those that were scrolled away first; whatever else
# the program sends is an error. A last line says how often it drew over itself.
import re
import sys

import pexpect

TOKEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b|[^\x1b]", re.DOTALL)


class Terminal:
    def __init__(self, columns):
        self.columns, self.lines, self.row, self.column, self.redrawn = columns, [""], 0, 0, 0

    def sequence(self, number, letter):
        if letter == "A":
            up = int(number or 1)
            assert up <= self.row, "moved above what was printed"
            # A line as wide as the terminal takes two rows of it, or leaves the cursor in doubt.
            assert all(len(line) < self.columns for line in self.lines[self.row - up : self.row]), "too wide"
            self.row -= up
            self.redrawn += 1
        elif letter == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif letter == "J":
            del self.lines[self.row + 1 :]
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif letter == "m":
            pass
        else:
            raise AssertionError(f"unknown sequence {number}{letter}")

    def character(self, c):
        if c == "\r":
            self.column = 0
        elif c == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        else:
            assert c.isprintable(), f"unprintable {c!r}"
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + c + line[self.column + 1 :]
            self.column += 1

    def feed(self, text):
        for match in TOKEN.finditer(text):
            if match.group(2):
                self.sequence(match.group(1), match.group(2))
            else:
                self.character(match.group(0))


def main():
    rows, columns = map(int, sys.argv[1].split("x"))
    child = pexpect.spawn(sys.argv[2], sys.argv[3:], timeout=120, dimensions=(rows, columns))
    child.expect(pexpect.EOF)
    child.close()
    raw = child.before.decode()
    terminal = Terminal(columns)
    terminal.feed(raw)
    print("\n".join(terminal.lines))
    print(f"redrawn {terminal.redrawn} times, colours {'yes' if re.search(chr(27) + r'.[0-9]+m', raw) else 'no'}")
    sys.exit(child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus)


main()
