#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# events.py FILE [FOLDER]: what `--events` wrote, line by line: JSON, numbered without a gap, with the members
# that unwrite(1) names, in the order that an erase or a check has; and the certificates or addenda in the
# folder agree. Prints the names of the events; exit 1 and why if something is wrong.
import glob
import json
import re
import sys

ANY, TEXT, COUNT, FLAG, LIST, OBJECT = object, str, int, bool, list, dict
TEXT_OR_NULL = (str, type(None))
RANGES = [{"lba": COUNT, "count": COUNT, "errno": COUNT}]
DATA = {
    "run-started": {"run": TEXT, "tool": OBJECT, "host": OBJECT, "time": OBJECT, "people": OBJECT, "authority": OBJECT,
                    "station": TEXT_OR_NULL, "not_covered": LIST, "certificates": TEXT},
    "run-ended": {"exit": COUNT, "sanitized": COUNT, "failed": COUNT, "refused": COUNT, "aborted": COUNT},
    "warning": {"text": TEXT},
    "drive-selected": {"device": TEXT, "id": TEXT, "bytes": COUNT, "medium": OBJECT, "before": OBJECT},
    "plan-made": {"level_requested": TEXT, "level": TEXT_OR_NULL, "rule": TEXT_OR_NULL, "rule_set": TEXT_OR_NULL,
                  "alternatives": LIST, "steps": LIST, "verify": TEXT_OR_NULL},
    "refused": {"code": TEXT, "why": TEXT, "way_out": TEXT_OR_NULL},
    "confirmed": {"by": TEXT},
    "opened": {"use_check": TEXT},
    "intent-stored": {"sha256": TEXT, "path": TEXT},
    "identity-checked": {"when": TEXT, "same": FLAG, "gone": FLAG, "serial": TEXT_OR_NULL, "wwn": TEXT_OR_NULL,
                         "bytes": COUNT, "disk_sequence": COUNT, "why": TEXT_OR_NULL},
    "touched": {},
    "canaries-planted": {"places": COUNT, "written": COUNT, "readable_before": COUNT, "different": COUNT,
                         "failed": RANGES, "stopped": FLAG},
    "step-started": {"sequence": COUNT, "method": TEXT, "technique": TEXT, "parameters": OBJECT, "estimate_s": COUNT,
                     "direct_io": FLAG, "transport": TEXT, "buffered_tail_bytes": COUNT},
    "pass-started": {"pass": COUNT, "passes": COUNT, "pattern": TEXT_OR_NULL, "cipher": TEXT_OR_NULL,
                     "key": TEXT_OR_NULL},
    "progress": {"phase": TEXT, "pass": COUNT, "passes": COUNT, "done_bytes": COUNT, "lost_bytes": COUNT,
                 "total_bytes": COUNT},
    "pass-ended": {"pass": COUNT, "bytes_written": COUNT, "retries": COUNT, "unwritten": RANGES,
                   "unwritten_bytes": COUNT, "unwritten_omitted": COUNT, "complete": FLAG},
    "step-ended": {"sequence": COUNT, "accepted": FLAG, "complete": FLAG, "flushed": FLAG, "error": TEXT_OR_NULL},
    "verify-started": {"profile": TEXT, "bytes": COUNT},
    "verify-ended": {"profile": TEXT, "bytes": COUNT, "mismatches": COUNT, "read_errors": RANGES, "result": TEXT},
    "stopped": {"by": TEXT},
    "failed": {"why": TEXT},
    "stalled": {"after_ms": COUNT},
    "bound": {"id": TEXT, "sha256": TEXT, "verdict": TEXT, "level": TEXT, "signatures": TEXT},
    "job-ended": {"device": TEXT, "verdict": TEXT, "level": TEXT, "why": TEXT},
    "certificate-stored": {"path": TEXT, "sha256": TEXT, "signatures": LIST},
    "not-stored": {"what": TEXT, "why": TEXT},
}
OF_THE_RUN = {"run-started", "run-ended"}
# What comes in this order where it comes at all.
ORDER = ["drive-selected", "plan-made", "refused", "confirmed", "opened", "intent-stored", "touched", "canaries-planted",
         "step-started", "step-ended", "verify-started", "verify-ended", "job-ended", "certificate-stored"]


class Wrong(Exception):
    pass


def want(condition, text):
    if not condition:
        raise Wrong(text)


def fits(value, kind):
    if isinstance(kind, list):
        return isinstance(value, list) and all(fits(item, kind[0]) for item in value)
    if isinstance(kind, dict):
        return isinstance(value, dict) and all(name in value and fits(value[name], one) for name, one in kind.items())
    if kind is COUNT:
        return type(value) is int and 0 <= value < 1 << 53
    return isinstance(value, kind)


def check_line(event, number, before):
    want(set(event) == {"sequence", "time", "boottime_ns", "job", "event", "data"}, f"members {sorted(event)}")
    want(event["sequence"] == number, f"number {event['sequence']}, not {number}")
    want(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", event["time"]), f"time {event['time']}")
    want(re.fullmatch(r"\d+", event["boottime_ns"]), f"boottime {event['boottime_ns']}")
    want(before is None or int(event["boottime_ns"]) >= int(before["boottime_ns"]), "the clock goes backwards")
    kind = event["event"]
    want(kind in DATA, f"{kind} is not known")
    want(fits(event["data"], DATA[kind]), f"data {event['data']}")
    want(kind == "warning" or (event["job"] is None) == (kind in OF_THE_RUN), f"{kind} of job {event['job']}")
    if kind == "pass-started":
        data = event["data"]
        want((data["pattern"] is None) == (data["cipher"] is not None) == (data["key"] is not None), f"data {data}")


def check_job(events):
    kinds = [event["event"] for event in events]
    places = [kinds.index(kind) for kind in ORDER if kind in kinds]
    want(places == sorted(places), f"the order is {kinds}")
    want(kinds[0] == "drive-selected" and kinds[-1] in ("certificate-stored", "not-stored"), f"from {kinds[0]} to {kinds[-1]}")
    want(kinds.count("job-ended") == 1, "more than one end")
    passes = [event["data"]["pass"] for event in events if event["event"] == "pass-started"]
    ended = [event["data"]["pass"] for event in events if event["event"] == "pass-ended"]
    want(passes == ended == list(range(1, len(passes) + 1)), f"passes {passes} were begun and {ended} ended")
    done = {}
    for data in (event["data"] for event in events if event["event"] == "progress"):
        phase = (data["phase"], data["pass"])
        want(data["phase"] in ("witnesses", "canaries", "write", "verify"), f"phase {phase}")
        want(data["lost_bytes"] <= data["done_bytes"] <= data["total_bytes"], f"progress {data}")
        # The other phases are several rounds, such as writing markers and reading them back.
        want(data["phase"] != "write" or data["done_bytes"] >= done.get(phase, 0), f"progress {data} goes backwards")
        done[phase] = data["done_bytes"]


def check_document(document, events):
    """What stands in the document has been said in the events."""
    kind = "certificate" if "certificate" in document else "addendum"
    body = document[kind]
    mine = [event for event in events if event["event"] == "drive-selected"
            and event["data"]["device"] == body["medium"]["device"]]
    want(len(mine) == 1, f"{len(mine)} jobs of {body['medium']['device']}")
    of = {event["event"]: event["data"] for event in events if event["job"] == mine[0]["job"]}
    want(of["job-ended"]["verdict"] == body["verdict" if kind == "certificate" else "result"], "another verdict")
    want(of["certificate-stored"][kind] == body, "another document was stored")
    want(of.get("verify-ended") == body["verification"], "another verification")
    if kind == "certificate" and body["steps"]:
        want(of["pass-ended"]["bytes_written"] == body["steps"][0]["passes"][-1]["bytes_written"], "other bytes")


def main():
    events = []
    with open(sys.argv[1], encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            want(line.endswith("\n"), f"line {number} is cut short")
            events.append(json.loads(line))
            check_line(events[-1], number, events[-2] if number > 1 else None)
    want(events[0]["event"] == "run-started" and events[-1]["event"] == "run-ended", "not from start to end")
    jobs = {event["job"] for event in events} - {None}
    want(jobs == set(range(len(jobs))), f"jobs {jobs}")
    for job in jobs:
        check_job([event for event in events if event["job"] == job])
    kinds = [event["event"] for event in events]
    if "touched" in kinds:
        want("intent-stored" not in kinds[kinds.index("touched"):], "an intent was stored after a drive was touched")
    documents = glob.glob(f"{sys.argv[2]}/*.certificate.json") + glob.glob(f"{sys.argv[2]}/*.addendum.json")
    want(len(documents) == len(jobs), f"{len(documents)} documents of {len(jobs)} jobs")
    for path in documents:
        with open(path, encoding="utf-8") as file:
            check_document(json.load(file), events)
    print(*kinds, sep="\n")


try:
    main()
except (Wrong, ValueError, KeyError) as error:
    sys.exit(f"{sys.argv[1]}: {type(error).__name__}: {error}")
