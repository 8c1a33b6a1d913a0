# SPDX-License-Identifier: Apache-2.0
"""unwrite's documents as another stranger reads them: python3-jwcrypto and python3-jsonschema, nothing of ours.

documents.py schema FILE...      exit 0 if every document follows its schema
documents.py verify KEY FILE...  exit 0 if every document holds under the key (PEM or JWK)
"""

import functools
import json
import pathlib
import sys

import jsonschema
from jwcrypto import jwk, jws
from jwcrypto.common import base64url_encode

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "src/schema"
KINDS = ("certificate", "intent", "addendum", "order")


def read(file):
    return json.loads(pathlib.Path(file).read_text(encoding="utf-8"))


def kind_of(document):
    return next((kind for kind in KINDS if kind in document), None)


def whole_references(schema):
    # python3-jsonschema before 4.18 loses the base of "#/..." where it is a URN, so the base is written out.
    text = json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{schema["$id"]}#/')
    return json.loads(text)


@functools.cache
def validators():
    schemas = {schema["$id"]: whole_references(schema) for schema in map(read, SCHEMAS.glob("*.schema.json"))}
    return {
        name: jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver.from_schema(schema, store=schemas))
        for name, schema in schemas.items()
    }


def check_schema(document):
    kind = kind_of(document)
    validator = validators()[f"urn:unwrite:{kind}:1" if kind else document["schema"]]
    errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]
    if errors:
        raise ValueError("; ".join(errors))


def check_signatures(document, key):
    # Sorted and compact equals RFC 8785 for texts without control characters and numbers below 2^53.
    kind = kind_of(document)
    body = json.dumps(document[kind], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    payload = base64url_encode(body.encode())
    own = 0
    for signature in document["signatures"]:
        token = jws.JWS()
        token.allowed_algs = ["ES256"]
        token.deserialize(json.dumps({"payload": payload, **signature}))
        if token.jose_header["typ"] != f"unwrite-{kind}+jws":
            raise ValueError("the header is that of another document")
        if token.jose_header["kid"] == key.thumbprint():
            token.verify(key)
            own += 1
    if own == 0:
        raise ValueError("signed by another key")


def read_key(file):
    text = pathlib.Path(file).read_bytes()
    return jwk.JWK.from_json(text.decode()) if text.lstrip().startswith(b"{") else jwk.JWK.from_pem(text)


def main(verb, *arguments):
    if verb == "verify":
        key, files = read_key(arguments[0]), arguments[1:]
    else:
        key, files = None, arguments
    failed = False
    for file in files:
        try:
            check_signatures(read(file), key) if verb == "verify" else check_schema(read(file))
            print(f"{file}: holds")
        except Exception as error:
            print(f"{file}: does not hold: {error}", file=sys.stderr)
            failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
