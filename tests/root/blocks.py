#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# blocks.py CERTIFICATE IMAGE: compares the image with the keystream that `openssl enc` makes from the
# certificate's key, block by block, and prints how many blocks differ. Exit 1 if the certificate's
# verification, which read everything that could be read, tells of other blocks, or if its numbers do not add up. (A block that
# differs need not be listed as unwritten: loop devices call a short write of their file system a success.
# Reading back tells.)
import json
import subprocess
import sys

CHUNK = 1 << 20

with open(sys.argv[1]) as file:
    certificate = json.load(file)["certificate"]
step = certificate["steps"][0]
block = certificate["medium"]["capacity"]["logical_block_bytes"]
size = certificate["medium"]["capacity"]["bytes"]



def blocks_of(ranges):
    return {lba for item in ranges for lba in range(item["lba"], item["lba"] + item["count"])}


listed = blocks_of(step["unwritten"])
wrong = []
if step["unwritten_omitted"] == 0 and len(listed) * block != step["unwritten_bytes"]:
    wrong.append(f"{len(listed)} blocks listed, {step['unwritten_bytes']} bytes counted")
if step["bytes_written"] + step["unwritten_bytes"] != size:
    wrong.append(f"{step['bytes_written']} written and {step['unwritten_bytes']} not, of {size}")

openssl = subprocess.Popen(
    ["openssl", "enc", "-aes-256-ctr", "-K", step["passes"][0]["key"], "-iv", "0" * 32, "-in", "/dev/zero"],
    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
differing = set()
with open(sys.argv[2], "rb") as image:
    for start in range(0, size, CHUNK):
        want = openssl.stdout.read(min(CHUNK, size - start))
        have = image.read(len(want))
        if have == want:
            continue
        for at in range(0, len(want), block):
            if have[at:at + block] != want[at:at + block]:
                differing.add((start + at) // block)
openssl.kill()

verification = certificate["verification"]
unreadable = blocks_of(verification["read_errors"])
if verification["bytes"] + len(unreadable) * block != size:
    wrong.append(f"only {verification['bytes']} bytes of {size} were read back")
print(len(differing))
differing -= unreadable
if verification["mismatches"] != len(differing):
    wrong.append(f"{len(differing)} blocks differ, the certificate says {verification['mismatches']}")
first = sorted(differing)[:len(verification["mismatching_lba"])]
if verification["mismatching_lba"] != first or (differing and not first):
    wrong.append(f"the first that differ are {first}, not {verification['mismatching_lba']}")
for text in wrong:
    print(text, file=sys.stderr)
sys.exit(1 if wrong else 0)
