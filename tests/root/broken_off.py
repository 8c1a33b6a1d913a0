#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# broken_off.py DRIVES COPIES OLD CERTIFICATE...: of erases that were killed. DRIVES has lines "DEVICE FILE"; the
# folder COPIES holds these files as they stood then, OLD what they held before. Compares the certificates with them;
# nothing of ours reads the medium. Prints how many bytes each certificate speaks of; exit 1 and why if one says what
# is not so.
import json
import subprocess
import sys

BLOCK = 4096


def encrypted(key, size):
    command = ["openssl", "enc", "-aes-256-ctr", "-K", key, "-iv", "0" * 32]
    return subprocess.run(command, input=bytes(size), stdout=subprocess.PIPE, check=True).stdout


def image(one, size):
    if one["pattern"] is not None:
        pattern = bytes.fromhex(one["pattern"])
        return (pattern * (size // len(pattern) + 1))[:size]
    return encrypted(one["key"], size)


def equal(data, other):
    """The blocks that are the same."""
    return {at for at in range(0, len(data), BLOCK) if data[at:at + BLOCK] == other[at:at + BLOCK]}


def wrong(body, data, old):
    size = len(data)
    blocks = set(range(0, size, BLOCK))
    if not body["steps"]:
        # Markers may have been planted; no image was begun.
        return "most of it changed without a step" if len(equal(data, old)) * 2 < len(blocks) else None
    step = body["steps"][0]
    passes = step["passes"]
    if not passes:
        return "a step without a pass wrote" if len(equal(data, old)) * 2 < len(blocks) else None
    last = passes[-1]
    for one in passes[:-1]:
        if one["bytes_written"] != size or not one["complete"]:
            return f"pass {one['pass']} was followed by another and is not whole"
    there = equal(data, image(last, size))
    if last["end"] is not None:
        if last["bytes_written"] != size or there != blocks:
            return f"pass {last['pass']} wrote {last['bytes_written']}, {len(there) * BLOCK} are there"
        sums = (step["bytes_written"], size * len(passes))
        return None if sums[0] == sums[1] else f"sum {sums}"
    if last["bytes_written"] is not None or last["complete"]:
        return f"pass {last['pass']} has no end and {last['bytes_written']} bytes"
    at_least = last["bytes_written_at_least"]
    if not 0 <= at_least <= len(there) * BLOCK:
        return f"pass {last['pass']} wrote {len(there) * BLOCK}, at least {at_least} says the certificate"
    if step["bytes_written_at_least"] != size * (len(passes) - 1) + at_least:
        return f"the step's {step['bytes_written_at_least']} bytes are not its passes'"
    if len(passes) > 1 and there | equal(data, image(passes[-2], size)) != blocks:
        return f"neither pass {last['pass']} nor the one before it"
    return None


with open(sys.argv[1]) as file:
    names = dict(line.split() for line in file)
with open(sys.argv[3], "rb") as file:
    before = file.read()
for path in sys.argv[4:]:
    with open(path) as file:
        certificate = json.load(file)["certificate"]
    device = certificate["medium"]["device"]
    with open(f"{sys.argv[2]}/{names[device]}", "rb") as file:
        why = wrong(certificate, file.read(), before)
    if why is not None:
        sys.exit(f"{path}: {why}")
    for step in certificate["steps"]:
        exact = step["bytes_written"]
        print(certificate["verdict"], *(("exactly", exact) if exact is not None else ("least", step["bytes_written_at_least"])))
