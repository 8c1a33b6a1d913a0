#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# passes.py METHODS CERTIFICATE COPIES: METHODS is what `unwrite methods --json` printed, COPIES holds what
# stood on the medium after each pass. Compares the three; nothing of ours computes what should stand there:
# the keystream is `openssl enc`'s, patterns are repeated here. Prints the keys; exit 1 and why if something
# differs.
import hashlib
import json
import os
import subprocess
import sys

MIB = 1 << 20


def fail(text):
    sys.exit(f"{sys.argv[2]}: {text}")


def number(seed, n):
    """As unwrite-claims(7) draws it."""
    return int.from_bytes(hashlib.sha256(seed + n.to_bytes(8, "big")).digest()[:8], "big")


def drawn(passes, seed, start, count):
    """The passes in the order that the seed gives them: those of the middle change places, from the last down."""
    passes = list(passes)
    for i in range(count - 1, 0, -1):
        other = number(seed, (1 << 32) + i) % (i + 1)
        passes[start + i], passes[start + other] = passes[start + other], passes[start + i]
    return passes


def encrypted(cipher, key, iv, size):
    command = ["openssl", "enc", cipher, "-K", key, "-iv", f"{iv:032x}"]
    return subprocess.run(command, input=bytes(size), stdout=subprocess.PIPE, check=True).stdout


def expected(step, size):
    if step["pattern"] is not None:
        pattern = bytes.fromhex(step["pattern"])
        return (pattern * (size // len(pattern) + 1))[:size]
    if step["cipher"] == "aes-256-ctr":
        return encrypted("-aes-256-ctr", step["key"], 0, size)
    pieces = (encrypted("-chacha20", step["key"], at // MIB, min(MIB, size - at)) for at in range(0, size, MIB))
    return b"".join(pieces)


with open(sys.argv[1]) as file:
    standards = {standard["id"]: standard for standard in json.load(file)["standards"]}
with open(sys.argv[2]) as file:
    certificate = json.load(file)["certificate"]
step = certificate["steps"][0]
name = step["parameters"]["standard"]
size = certificate["medium"]["capacity"]["bytes"]
want = [(one.get("pattern"), one.get("cipher")) for one in standards[name]["passes"]]
have = [(one["pattern"], one["cipher"]) for one in step["passes"]]
if name == "gutmann":
    if sorted(want[4:31]) != sorted(have[4:31]) or any(one[1] is None for one in have[:4] + have[31:]):
        fail("not Gutmann's passes")
    if have == want:
        fail("the order was not drawn")
    want = drawn(want, bytes.fromhex(certificate["verification"]["seed"]), 4, 27)
if want != have:
    fail(f"passes {have}, not {want}")
if [one["pass"] for one in step["passes"]] != list(range(1, len(want) + 1)):
    fail("passes are not numbered from 1 on")
copies = sorted(os.listdir(sys.argv[3]))
if copies != [f"pass-{number:02}" for number in range(1, len(want) + 1)]:
    fail(f"copies of {copies}")

for copy, one in zip(copies, step["passes"]):
    with open(os.path.join(sys.argv[3], copy), "rb") as file:
        data = file.read()
    if len(data) != size or one["bytes_written"] != size or not one["complete"]:
        fail(f"{copy}: {len(data)} of {size} bytes, {one['bytes_written']} written")
    wanted = expected(one, size)
    if data != wanted:
        at = next(i for i in range(size) if data[i] != wanted[i])
        fail(f"{copy}: byte {at} is {data[at]:02x}, not {wanted[at]:02x}")
print(*(one["key"] for one in step["passes"] if one["key"] is not None), sep="\n")
