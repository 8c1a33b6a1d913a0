#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The places that are read back, recomputed from the words of src/core/sample.h.

sample.py sample|tenth SEED-HEX BYTES LOGICAL-BLOCK-BYTES: prints "OFFSET LENGTH" of each place.
"""
import hashlib
import sys

BLOCK = 65536


def number(seed, n):
    return int.from_bytes(hashlib.sha256(seed + n.to_bytes(8, "big")).digest()[:8], "big")


def joined(places):
    result = []
    for begin, end in sorted(places):
        if result and begin < result[-1][1]:
            result[-1][1] = max(result[-1][1], end)
        else:
            result.append([begin, end])
    return [(begin, end - begin) for begin, end in result]


def sample_extents(seed, size, logical):
    if size <= BLOCK:
        return [(0, size)] if size else []
    places = [(0, BLOCK), ((size - BLOCK) // logical * logical, size)]
    places += [(lba * logical - BLOCK, lba * logical) for lba in (2**28, 2**32) if lba * logical <= size]
    inner = size // BLOCK - 2
    sections = min(1000, inner // 4)
    for i in range(sections):
        begin = 1 + i * inner // sections
        w = 1 + (i + 1) * inner // sections - begin
        a = number(seed, 2 * i) % w
        b = number(seed, 2 * i + 1) % (w - 1)
        places += [((begin + at) * BLOCK, (begin + at + 1) * BLOCK) for at in (a, b + 1 if b >= a else b)]
    return places


def tenth_extents(seed, size, logical):
    places = sample_extents(seed, size, logical)
    if size <= BLOCK:
        return places
    blocks = size // logical
    sections = min(1000, blocks // 2)
    for i in range(sections):
        begin = i * blocks // sections
        w = (i + 1) * blocks // sections - begin
        s = -(-w // 20)
        a, b = (number(seed, n) % (w - 2 * s + 1) for n in (2000 + 2 * i, 2001 + 2 * i))
        places += [((begin + at) * logical, (begin + at + s) * logical) for at in (min(a, b), max(a, b) + s)]
    return places


PROFILES = {"sample": sample_extents, "tenth": tenth_extents}

if __name__ == "__main__":
    profile, seed_hex, size, logical = sys.argv[1:]
    for offset, length in joined(PROFILES[profile](bytes.fromhex(seed_hex), int(size), int(logical))):
        print(offset, length)
