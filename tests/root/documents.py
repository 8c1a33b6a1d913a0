#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# documents.py SCHEMAS PUBLIC.pem FOLDER: reads every document in the folder with Python's json, jsonschema
# and jwcrypto and with nothing of ours; prints what is wrong and exits 1 if anything is. documents.py SCHEMAS
# FILE: what `list --json` or `plan --json` printed.
import glob
import hashlib
import json
import os
import re
import sys

import jsonschema
from jwcrypto import jwk, jws
from jwcrypto.common import base64url_decode, base64url_encode

KINDS = ("certificate", "intent")


def without_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a name stands twice")
    return dict(pairs)


def canonical(body):
    """RFC 8785, as far as our documents go: integers, and names in ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def absolute(schema, base):
    """Debian 12's jsonschema joins "#/..." to a urn: in a way that loses the urn."""
    if isinstance(schema, list):
        return [absolute(item, base) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: absolute(value, base) for name, value in schema.items()}
    if isinstance(found.get("$ref"), str) and found["$ref"].startswith("#"):
        found["$ref"] = base + found["$ref"]
    return found


def nulls(value, at=""):
    if value is None:
        yield at
    elif isinstance(value, list):
        for item in value:
            yield from nulls(item, at)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from nulls(item, f"{at}.{name}" if at else name)


def validators(schemas):
    """By the name of what they validate."""
    store = {}
    for name in glob.glob(os.path.join(schemas, "*.schema.json")):
        with open(name) as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        store[schema["$id"]] = absolute(schema, schema["$id"])
    found = {}
    for name, schema in store.items():
        resolver = jsonschema.RefResolver(name, schema, store=store)
        found[name.split(":")[2]] = jsonschema.Draft202012Validator(schema, resolver=resolver)
    return found


def follow_schema(validator, document):
    for error in validator.iter_errors(document):
        raise ValueError(f"schema: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=without_duplicates)


class Reader:
    def __init__(self, schemas, key_file):
        self.validators = validators(schemas)
        with open(key_file, "rb") as file:
            self.key = jwk.JWK.from_pem(file.read())

    def read(self, path):
        """The kind and body of one document; raises ValueError with what is wrong."""
        kind = path.split(".")[-2]
        document = load(path)
        if kind not in KINDS or kind not in document:
            raise ValueError(f"is no {kind}")
        follow_schema(self.validators[kind], document)
        body = document[kind]
        self.verify(kind, body, document["signatures"])
        check_names(path, kind, body)
        return kind, body

    def verify(self, kind, body, signatures):
        token = jws.JWS()
        envelope = {"payload": base64url_encode(canonical(body)), "signatures": signatures}
        try:
            token.deserialize(json.dumps(envelope), self.key)
        except jws.InvalidJWSSignature as error:
            raise ValueError(f"signature: {error}") from error
        header = json.loads(base64url_decode(signatures[0]["protected"]))
        if header != {"alg": "ES256", "kid": self.key.thumbprint(), "typ": f"unwrite-{kind}+jws"}:
            raise ValueError(f"header: {header}")


def check_names(path, kind, body):
    serial = re.sub(r"[^A-Za-z0-9._-]", "_", body["medium"]["serial"] or "noserial")[:40]
    when = re.sub(r"[-:]", "", body["issued_at"])[:15] + "Z"
    name = f"{when}-{serial}-{body['id'][:8]}.{kind}.json"
    if os.path.basename(path) != name:
        raise ValueError(f"should be named {name}")
    found = set(nulls({name: value for name, value in body.items() if name != "unknown"}))
    if found != set(body["unknown"]):
        raise ValueError(f"null or in unknown, not both: {sorted(found ^ set(body['unknown']))}")


def check_certificate(body, intents):
    """Facts of a certificate that its schema cannot say."""
    if body["summary"]["verdict"] != body["verdict"] or body["summary"]["level"] != body["claim"]["level"]:
        raise ValueError("summary and body differ")
    verification, digest = body["verification"], body["intent_sha256"]
    if digest is None:
        if body["steps"]:
            raise ValueError("a step without an intent")
        return
    if digest not in intents:
        raise ValueError("its intent is not there")
    intent = intents[digest]
    if intent["run"] != body["run"] or intent["medium"]["device"] != body["medium"]["device"]:
        raise ValueError("its intent is of another run or device")
    if body["steps"] and not intent["issued_at"] <= body["steps"][0]["start"] <= body["time"]["end"]:
        raise ValueError("intent, first step and end are not in this order")
    if verification is None:
        return
    commitment = sha256(bytes.fromhex(verification["seed"]))
    if not commitment == verification["seed_commitment"] == intent["seed_commitment"]:
        raise ValueError("the seed is not the one that the intent commits to")


def check_output(schemas, path):
    document = load(path)
    follow_schema(validators(schemas)[document["schema"].split(":")[2]], document)
    for drive in document.get("drives", []):
        found = set(nulls({name: value for name, value in drive.items() if name != "unknown"}))
        if found != set(drive["unknown"]):
            odd = sorted(found ^ set(drive["unknown"]))
            raise ValueError(f"{drive['device']}: null or in unknown, not both: {odd}")


def check_folder(schemas, key_file, folder):
    reader, intents, certificates, wrong = Reader(schemas, key_file), {}, [], 0
    for path in sorted(os.path.join(folder, name) for name in os.listdir(folder)):
        try:
            kind, body = reader.read(path)
        except (ValueError, KeyError, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            wrong += 1
            continue
        if kind == "intent":
            intents[sha256(canonical(body))] = body
        else:
            certificates.append((path, body))
    for path, body in certificates:
        try:
            check_certificate(body, intents)
        except ValueError as error:
            print(f"{path}: {error}", file=sys.stderr)
            wrong += 1
    if not certificates:
        print(f"{folder}: no certificate", file=sys.stderr)
    return 0 if certificates and wrong == 0 else 1


def main():
    if len(sys.argv) == 4:
        sys.exit(check_folder(*sys.argv[1:]))
    try:
        check_output(*sys.argv[1:])
    except ValueError as error:
        sys.exit(f"{sys.argv[2]}: {error}")


main()
