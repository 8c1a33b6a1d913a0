// SPDX-License-Identifier: Apache-2.0
// unwrite's documents as a stranger reads them: npm's jose, canonicalize and ajv, and nothing of ours.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import Ajv from 'ajv/dist/2020.js';
import canonicalize from 'canonicalize';
import * as jose from 'jose';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const data = path.join(root, 'tests/data');
export const kinds = ['certificate', 'intent', 'addendum', 'order'];

export const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
export const write = (file, value) => fs.writeFileSync(file, JSON.stringify(value, null, 2) + '\n');
export const clone = (value) => JSON.parse(JSON.stringify(value));
export const kindOf = (document) => kinds.find((kind) => kind in document);
export const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');
export const bodySha256 = (body) => sha256(canonicalize(body));

// PEM of either half, or a JWK.
export function publicKey(file) {
    const text = fs.readFileSync(file, 'utf8');
    return text.trimStart().startsWith('{')
        ? crypto.createPublicKey({key: JSON.parse(text), format: 'jwk'})
        : crypto.createPublicKey(text);
}

export const privateKey = (file) => crypto.createPrivateKey(fs.readFileSync(file));

export const thumbprint = (key) =>
    jose.calculateJwkThumbprint((key.type === 'public' ? key : crypto.createPublicKey(key)).export({format: 'jwk'}));

export async function header(key, kind) {
    return {alg: 'ES256', kid: await thumbprint(key), typ: `unwrite-${kind}+jws`};
}

// One signature over the canonical body, under whatever header is given.
export async function signature(key, body, protectedHeader) {
    const signer = new jose.GeneralSign(new TextEncoder().encode(canonicalize(body)));
    signer.addSignature(key).setProtectedHeader(protectedHeader);
    const {signatures: [{protected: encoded, signature: value}]} = await signer.sign();
    return {protected: encoded, signature: value};
}

export async function sign(key, kind, body) {
    return {[kind]: body, signatures: [await signature(key, body, await header(key, kind))]};
}

// As unwrite-certificate(5) tells readers to; throws unless a signature holds.
export async function verify(document, key) {
    const kind = kindOf(document);
    const payload = jose.base64url.encode(canonicalize(document[kind]));
    const {protectedHeader} = await jose.generalVerify({payload, signatures: document.signatures}, key,
                                                       {algorithms: ['ES256']});
    if (protectedHeader.typ !== `unwrite-${kind}+jws` || protectedHeader.kid !== await thumbprint(key))
        throw new Error('the header is that of another document or key');
    return kind;
}

// Validators by the last part but one of their id: certificate, intent, addendum, list, plan.
export function validators() {
    const ajv = new Ajv({strict: true, allErrors: true, allowUnionTypes: true, strictTypes: false,
                         strictRequired: false});
    const names = ['certificate', 'intent', 'addendum', 'list', 'plan'];
    for (const name of names)
        ajv.addSchema(read(path.join(root, `src/schema/${name}.schema.json`)));
    return Object.fromEntries(names.map((name) => [name, ajv.getSchema(`urn:unwrite:${name}:1`)]));
}

// Which of them a parsed text is.
export const schemaOf = (document) => kindOf(document) ?? /^urn:unwrite:(list|plan):1$/.exec(document.schema)?.[1];

// Paths of all nulls, without the positions in lists: "steps.passes.key".
export function nulls(value, at = '', found = new Set()) {
    if (value === null)
        found.add(at);
    else if (Array.isArray(value))
        value.forEach((item) => nulls(item, at, found));
    else if (typeof value === 'object')
        for (const [name, item] of Object.entries(value))
            nulls(item, at ? `${at}.${name}` : name, found);
    return found;
}

// The rule that a schema cannot say: whatever has no value is named in `unknown`, and nothing else is.
export function unnamed(body) {
    const {unknown, ...rest} = body;
    const found = nulls(rest);
    return [...[...found].filter((name) => !(name in unknown)).map((name) => `${name} is null and not in unknown`),
            ...Object.keys(unknown).filter((name) => !found.has(name)).map((name) => `${name} is unknown and not null`)];
}
