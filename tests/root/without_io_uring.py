#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# without_io_uring.py ERRNO PROGRAM ARG...: runs the program where io_uring_setup fails with that error, as
# kernels and containers answer that have it switched off. By seccomp: the sysctl would hit the whole machine.
import ctypes
import errno
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
SYS_IO_URING_SETUP = 425  # the same number on all architectures
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


code = [
    (LOAD, 0, 0, 0),
    (JUMP_IF_EQUAL, 0, 1, SYS_IO_URING_SETUP),
    (RETURN, 0, 0, FAIL | getattr(errno, sys.argv[1])),
    (RETURN, 0, 0, ALLOW),
]
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
program = Program(len(code), ctypes.addressof(text))
prctl = ctypes.CDLL(None, use_errno=True).prctl
prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
prctl.restype = ctypes.c_int
address = ctypes.addressof(program)
if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address, 0, 0):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
