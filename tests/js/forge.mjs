// SPDX-License-Identifier: Apache-2.0
// Makes tests/data/forged (must be refused, each for its own reason) and tests/data/variants (mean the same as the
// example and must hold) anew, from the examples. index.json there: [{"file","why"}]; `why` is part of the reason that
// must be given. Wherever it is possible the signature over the content is good, so that one check alone stands
// between the forgery and its acceptance. Signatures differ from run to run.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import canonicalize from 'canonicalize';
import {clone, data, header, privateKey, read, sign, signature, write} from './lib.mjs';

const key = privateKey(path.join(data, 'test-key.pem'));
const stranger = crypto.generateKeyPairSync('ec', {namedCurve: 'P-256'}).privateKey;
const example = read(path.join(data, 'examples/certificate.json'));
const intent = read(path.join(data, 'examples/intent.json'));
const body = example.certificate;
const good = example.signatures[0];
const text = JSON.stringify(example);
const n = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'); // order of P-256

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const envelope = (...signatures) => ({certificate: body, signatures});
const changed = (change) => {
    const copy = clone(example);
    change(copy.certificate, copy);
    return copy;
};
// A body that only strict reading refuses: signed as a lenient reader would understand it.
const signedText = async (understood, find, replacement) => {
    const signed = JSON.stringify(await sign(key, 'certificate', understood));
    if (!signed.includes(find))
        throw new Error(`${find} is not in the text`);
    return signed.replace(find, () => replacement);
};
const lenient = (find, replacement) => signedText(body, find, replacement);

// Signed with `key` under any header text, also one that no library would write.
function rawSignature(headerBytes, signer = key, payload = canonicalize(body)) {
    const encoded = base64url(headerBytes);
    const input = Buffer.from(`${encoded}.${base64url(payload)}`);
    const value = crypto.sign('sha256', input, {key: signer, dsaEncoding: 'ieee-p1363'});
    return {protected: encoded, signature: base64url(value)};
}
const whole = await header(key, 'certificate');
const under = (change) => envelope(rawSignature(JSON.stringify({...whole, ...change})));
const without = (name) => envelope(rawSignature(JSON.stringify({...whole, [name]: undefined})));
const unprotected = (value) => envelope({...good, header: value});
// The member stands where nothing vouches for it, and only there.
const instead = (name) => envelope({...rawSignature(JSON.stringify({...whole, [name]: undefined})),
                                    header: {[name]: whole[name]}});
const strangers = await header(stranger, 'certificate');
const byStranger = (change) => rawSignature(JSON.stringify({...strangers, ...change}), stranger);

const raw = Buffer.from(good.signature, 'base64url');
const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const bytes32 = (value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
const r = number(raw.subarray(0, 32));
const s = number(raw.subarray(32));
const withSignature = (value) => envelope({...good, signature: value});
const withScalars = (one, other) => withSignature(base64url(Buffer.concat([bytes32(one), bytes32(other)])));
const flipped = (at) => {
    const copy = Buffer.from(raw);
    copy[at] ^= 1;
    return withSignature(base64url(copy));
};
const der = (value) => {
    const integer = (scalar) => {
        const hex = scalar.toString(16);
        const plain = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
        const signed = plain[0] & 0x80 ? Buffer.concat([Buffer.of(0), plain]) : plain;
        return Buffer.concat([Buffer.of(2, signed.length), signed]);
    };
    const inner = Buffer.concat([integer(value[0]), integer(value[1])]);
    return base64url(Buffer.concat([Buffer.of(0x30, inner.length), inner]));
};
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const spareBits = (encoded) => encoded.slice(0, -1) + alphabet[alphabet.indexOf(encoded.slice(-1)) + 1];

function hs256() {
    const encoded = base64url(JSON.stringify({...whole, alg: 'HS256'}));
    const secret = crypto.createPublicKey(key).export({type: 'spki', format: 'pem'});
    const mac = crypto.createHmac('sha256', secret).update(`${encoded}.${base64url(canonicalize(body))}`).digest();
    return envelope({protected: encoded, signature: base64url(mac)});
}

function es384() {
    const p384 = crypto.generateKeyPairSync('ec', {namedCurve: 'P-384'}).privateKey;
    const encoded = base64url(JSON.stringify({...whole, alg: 'ES384'}));
    const input = Buffer.from(`${encoded}.${base64url(canonicalize(body))}`);
    const value = crypto.sign('sha384', input, {key: p384, dsaEncoding: 'ieee-p1363'});
    return envelope({protected: encoded, signature: base64url(value)});
}

const otherBody = {...clone(body), id: 'c0b6a9d4-53f4-4f1b-8e1d-2b7f8f3e9d03'};
const other = await sign(key, 'certificate', otherBody);
const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);
const differs = 'a signature does not fit the content';
const {kind: bodyKind, schema: bodySchema, ...nameless} = body;

const forged = {
    // One fact.
    'fact-verdict': [changed((b) => { b.verdict = 'sanitized'; }), differs],
    'fact-serial': [changed((b) => { b.medium.serial = 'EXAMPLE0003'; }), differs],
    'fact-case': [changed((b) => { b.medium.model = b.medium.model.toLowerCase(); }), differs],
    'fact-number': [changed((b) => { b.medium.capacity.bytes += 1; }), differs],
    'fact-type': [changed((b) => { b.medium.capacity.bytes = String(b.medium.capacity.bytes); }), differs],
    'fact-null': [changed((b) => { b.medium.bay = '4'; }), differs],
    'fact-boolean': [changed((b) => { b.steps[0].completion.flushed = false; }), differs],
    'fact-not-simulated': [changed((b) => { b.simulated = false; }), differs],
    'fact-added': [changed((b) => { b.note = 'x'; }), differs],
    'fact-added-below': [changed((b) => { b.medium.note = 'x'; }), differs],
    'fact-removed': [changed((b) => { delete b.exceptions; }), differs],
    'fact-list-shortened': [changed((b) => { b.exceptions = []; }), differs],
    'fact-list-reordered': [changed((b) => { b.claim.limitations.reverse(); }), differs],
    'fact-name': [changed((b) => { b.medium.serials = b.medium.serial; delete b.medium.serial; }), differs],
    'body-of-another': [{certificate: otherBody, signatures: [good]}, differs],
    'body-empty': [{certificate: {}, signatures: [good]}, differs],

    // The envelope.
    'kind-renamed': [{intent: body, signatures: [good]}, 'the body is not of the kind intent'],
    'kind-renamed-nameless': [{intent: nameless, signatures: (await sign(key, 'certificate', nameless)).signatures},
                              'typ is not unwrite-intent+jws'],
    'kind-unknown': [{receipt: body, signatures: [good]}, 'neither a certificate nor'],
    'kind-of-body': [{certificate: intent.intent, signatures: intent.signatures},
                     'the body is not of the kind certificate'],
    'schema-of-body': [await sign(key, 'certificate', {...clone(body), schema: 'urn:unwrite:certificate:2'}),
                       'the body does not follow'],
    'simulated-text': [await sign(key, 'certificate', {...clone(body), simulated: 'true'}), 'neither true nor false'],
    'envelope-member': [{...example, note: 'x'}, 'something beside'],
    'envelope-two-kinds': [{...example, intent: intent.intent}, 'something beside'],
    'envelope-payload': [{...example, payload: base64url(canonicalize(body))}, 'something beside'],
    'envelope-list': [[example], 'not an object'],
    'body-list': [{certificate: [body], signatures: [good]}, 'is not an object'],
    'body-text': [{certificate: JSON.stringify(body), signatures: [good]}, 'is not an object'],
    'signatures-missing': [{certificate: body}, 'not signed'],
    'signatures-empty': [{certificate: body, signatures: []}, 'not signed'],
    'signatures-null': [{certificate: body, signatures: null}, 'not signed'],
    'signatures-object': [{certificate: body, signatures: good}, 'not signed'],
    'signatures-too-many': [envelope(...Array(17).fill(good)), 'more than 16 signatures'],
    'entry-text': [envelope('x'), 'other members than'],
    'entry-without-protected': [envelope({signature: good.signature}), 'other members than'],
    'entry-without-signature': [envelope({protected: good.protected}), 'other members than'],
    'entry-null-signature': [envelope({...good, signature: null}), 'other members than'],
    'entry-other-member': [envelope({...good, payload: base64url(canonicalize(body))}), 'other members than'],
    'second-signature-bad': [envelope(good, flipped(5).signatures[0]), differs],
    'second-signature-bad-first': [envelope(flipped(5).signatures[0], good), differs],
    'second-signature-by-stranger': [envelope(good, await signature(stranger, body, whole)), differs],

    // An unprotected header.
    'unprotected-alg': [unprotected({alg: 'ES256'}), 'both have alg'],
    'unprotected-alg-none': [unprotected({alg: 'none'}), 'both have alg'],
    'unprotected-kid': [unprotected({kid: strangers.kid}), 'both have kid'],
    'unprotected-typ': [unprotected({typ: 'JWT'}), 'both have typ'],
    'unprotected-x5c': [envelope({...rawSignature(JSON.stringify({...whole, x5c: ['TUlJQg==']})),
                                  header: {x5c: ['TUlJQw==']}}), 'both have x5c'],
    'unprotected-crit': [unprotected({crit: ['exp'], exp: 0}), 'the unprotected header has crit'],
    'unprotected-crit-empty': [unprotected({crit: []}), 'the unprotected header has crit'],
    'unprotected-b64': [unprotected({b64: false}), 'the unprotected header has b64'],
    'unprotected-empty': [unprotected({}), 'not an object with members'],
    'unprotected-null': [unprotected(null), 'not an object with members'],
    'unprotected-list': [unprotected([{note: 'x'}]), 'not an object with members'],
    'unprotected-text': [unprotected('note'), 'not an object with members'],
    'unprotected-alg-alone': [instead('alg'), 'alg is not ES256'],
    'unprotected-kid-alone': [instead('kid'), 'kid is not a thumbprint'],
    'unprotected-typ-alone': [instead('typ'), 'typ is not unwrite-certificate+jws'],

    // A good signature, and beside it one of another key, which must be well formed all the same.
    'strangers-only': [envelope(byStranger(), byStranger()), 'signed by another key'],
    'stranger-alg-none': [envelope(good, byStranger({alg: 'none'})), 'alg is not ES256'],
    'stranger-alg-eddsa': [envelope(good, byStranger({alg: 'EdDSA'})), 'alg is not ES256'],
    'stranger-typ-of-intent': [envelope(good, byStranger({typ: 'unwrite-intent+jws'})), 'typ is not'],
    'stranger-crit': [envelope(good, byStranger({crit: ['exp'], exp: 0})), 'not understood: crit'],
    'stranger-jwk': [envelope(good, byStranger({jwk: {kty: 'EC'}})), 'not understood: jwk'],
    'stranger-kid-name': [envelope(good, byStranger({kid: 'warehouse 7'})), 'kid is not a thumbprint'],
    'stranger-kid-long': [envelope(good, byStranger({kid: `${strangers.kid}AAAA`})), 'kid is not a thumbprint'],
    'stranger-kid-spare-bits': [envelope(good, byStranger({kid: spareBits(strangers.kid)})), 'kid is not a thumbprint'],
    'stranger-first-kid-missing': [envelope(byStranger({kid: undefined}), good), 'kid is not a thumbprint'],
    'stranger-duplicate': [envelope(good, rawSignature(JSON.stringify(strangers).replace('{', '{"alg":"none",'), stranger)),
                           'stands twice'],
    'stranger-unprotected-crit': [envelope(good, {...byStranger(), header: {crit: ['exp']}}), 'unprotected header has crit'],
    'stranger-unprotected-kid': [envelope(good, {...byStranger(), header: {kid: whole.kid}}), 'both have kid'],
    'stranger-signature-short': [envelope(good, {...byStranger(), signature: 'AAAA'}), '64 bytes'],
    'stranger-signature-spare-bits': [envelope(good, {...byStranger(), signature: spareBits(good.signature)}), '64 bytes'],
    'stranger-unsigned': [envelope(good, {protected: byStranger().protected}), 'other members than'],

    // What only strict reading refuses.
    'json-duplicate-in-body': [await lenient('"verdict":', '"verdict":"sanitized","verdict":'), 'stands twice'],
    'json-duplicate-escaped': [await lenient('"verdict":', '"\\u0076erdict":"sanitized","verdict":'), 'stands twice'],
    'json-duplicate-body': [text.replace('{"certificate":', '{"certificate":{},"certificate":'), 'stands twice'],
    'json-duplicate-signatures': [text.replace('"signatures":', '"signatures":[],"signatures":'), 'stands twice'],
    'json-float': [await lenient('"in_flight":4', '"in_flight":4.0'), 'fraction or an exponent'],
    'json-exponent': [await lenient('"residue_ppm":1000', '"residue_ppm":1e3'), 'fraction or an exponent'],
    'json-minus-zero': [await lenient('"retries":0', '"retries":-0'), 'negative zero'],
    'json-2-to-53': [await signedText({...clone(body), capabilities: {n: 2 ** 53}}, '9007199254740992',
                                      '9007199254740993'), '2^53 or more'],
    'json-10-to-30': [await lenient('"capabilities":{}', '"capabilities":{"n":1000000000000000000000000000000}'),
                      'out of range'],
    'json-nan': [text.replace('"in_flight":4', '"in_flight":NaN'), 'not JSON'],
    'json-leading-zero': [text.replace('"in_flight":4', '"in_flight":04'), 'not JSON'],
    'json-control-escape': [await sign(key, 'certificate', {...clone(body), station: 'a\u001fb'}), 'control character'],
    'json-delete': [await sign(key, 'certificate', {...clone(body), station: 'a\u007fb'}), 'control character'],
    'json-nul-escape': [await lenient('"station":"bench-1"', '"station":"bench-1\\u0000"'), 'NUL in a string'],
    'json-nul-in-name': [await lenient('"station":', '"station\\u0000":'), 'NUL in a string'],
    'json-raw-tab': [text.replace('bench-1', 'bench\t1'), 'not JSON'],
    'json-lone-surrogate': [text.replace('bench-1', '\\ud800'), 'not JSON'],
    'json-low-surrogate': [text.replace('bench-1', '\\udc00x'), 'not JSON'],
    'json-name-not-ascii': [await sign(key, 'certificate', {...clone(body), '\u00e9': 1}), 'not printable ASCII'],
    'json-name-with-newline': [await sign(key, 'certificate', {...clone(body), 'a\nb': 1}), 'not printable ASCII'],
    'json-deep': [await lenient('"capabilities":{}', `"capabilities":{"a":${nested(100)}}`), 'nested deeper'],
    'json-very-deep': [`{"certificate":${nested(100000)}}`, 'nested deeper'],
    'json-comment': [text.replace('{', '{/* x */'), 'not JSON'],
    'json-trailing-comma': [text.replace(/\}$/, ',}'), 'not JSON'],
    'json-single-quotes': ["{'certificate':{}}", 'not JSON'],
    'json-trailing-text': [`${text} x`, 'something follows'],
    'json-trailing-nul': [`${text}\0`, 'something follows'],
    'json-two-documents': [`${text}\n${text}`, 'something follows'],
    'json-truncated': [text.slice(0, -1), 'ends too early'],
    'json-bom': [`\ufeff${text}`, 'not JSON'],
    'json-utf16': [Buffer.from(text, 'utf16le'), 'ends too early'],
    'json-bad-utf8': [Buffer.from(text.replace('bench-1', 'bench-\xff'), 'latin1'), 'not valid UTF-8'],
    'json-overlong-utf8': [Buffer.from(text.replace('bench-1', 'bench-\xc0\xb1'), 'latin1'), 'not valid UTF-8'],
    'json-surrogate-utf8': [Buffer.from(text.replace('bench-1', '\xed\xa0\x80'), 'latin1'), 'not valid UTF-8'],
    'json-empty': ['', 'empty'],
    'json-white-space': [' \n\t ', 'too early'],
    'json-text': ['"certificate"', 'not JSON'],

    // The protected header; its signature is good.
    'header-alg-none': [under({alg: 'none'}), 'alg is not ES256'],
    'header-alg-none-unsigned': [envelope({protected: base64url(JSON.stringify({...whole, alg: 'none'})), signature: ''}),
                                 'alg is not ES256'],
    'header-alg-hs256': [hs256(), 'alg is not ES256'],
    'header-alg-es384': [es384(), 'alg is not ES256'],
    'header-alg-es256k': [under({alg: 'ES256K'}), 'alg is not ES256'],
    'header-alg-lower-case': [under({alg: 'es256'}), 'alg is not ES256'],
    'header-alg-list': [under({alg: ['ES256']}), 'alg is not ES256'],
    'header-alg-missing': [without('alg'), 'alg is not ES256'],
    'header-kid-of-stranger': [under({kid: strangers.kid}), 'signed by another key'],
    'header-kid-missing': [without('kid'), 'kid is not a thumbprint'],
    'header-kid-null': [under({kid: null}), 'kid is not a thumbprint'],
    'header-typ-of-intent': [under({typ: 'unwrite-intent+jws'}), 'typ is not unwrite-certificate+jws'],
    'header-typ-jwt': [under({typ: 'JWT'}), 'typ is not unwrite-certificate+jws'],
    'header-typ-missing': [without('typ'), 'typ is not unwrite-certificate+jws'],
    'header-crit': [under({crit: ['exp'], exp: 0}), 'not understood: crit'],
    'header-crit-empty': [under({crit: []}), 'not understood: crit'],
    'header-b64-false': [under({b64: false, crit: ['b64']}), 'not understood: b64'],
    'header-b64-without-crit': [under({b64: true}), 'not understood: b64'],
    'header-jwk': [envelope(rawSignature(JSON.stringify(
        {...whole, jwk: crypto.createPublicKey(stranger).export({format: 'jwk'})}), stranger)), 'not understood: jwk'],
    'header-jku': [under({jku: 'file:///x'}), 'not understood: jku'],
    'header-duplicate': [envelope(rawSignature(JSON.stringify(whole).replace('{', '{"alg":"none",'))), 'stands twice'],
    'header-float': [envelope(rawSignature(JSON.stringify(whole).replace('}', ',"x5c":[1.5]}'))), 'fraction'],
    'header-list': [envelope(rawSignature(JSON.stringify([whole]))), 'not an object'],
    'header-not-json': [envelope(rawSignature('ES256')), 'not JSON'],
    'header-empty': [envelope({...good, protected: ''}), 'empty'],
    'header-trailing-text': [envelope(rawSignature(`${JSON.stringify(whole)}{}`)), 'something follows'],
    'header-padded': [envelope({...good, protected: `${good.protected}=`}), 'not base64url'],
    'header-white-space': [envelope({...good, protected: `${good.protected} `}), 'not base64url'],
    'header-changed-spacing': [envelope({...good, protected: base64url(JSON.stringify(whole, null, 1))}), differs],

    // The signature.
    ...Object.fromEntries([0, 15, 31, 32, 47, 63].map((at) => [`signature-byte-${at}`, [flipped(at), differs]])),
    'signature-by-stranger': [envelope(await signature(stranger, body, whole)), differs],
    'signature-of-another': [envelope(other.signatures[0]), differs],
    'signature-of-payload-alone': [withSignature(base64url(crypto.sign(
        'sha256', Buffer.from(base64url(canonicalize(body))), {key, dsaEncoding: 'ieee-p1363'}))), differs],
    'signature-of-file-order': [envelope(rawSignature(JSON.stringify(whole), key, JSON.stringify(body))), differs],
    'signature-der': [withSignature(der([r, s])), '64 bytes'],
    'signature-padded': [withSignature(`${good.signature}==`), '64 bytes'],
    'signature-plain-base64': [withSignature(`+${good.signature.slice(1)}`), '64 bytes'],
    'signature-spare-bits': [withSignature(spareBits(good.signature)), '64 bytes'],
    'signature-white-space': [withSignature(`${good.signature} `), '64 bytes'],
    'signature-short': [withSignature(base64url(raw.subarray(0, 63))), '64 bytes'],
    'signature-long': [withSignature(base64url(Buffer.concat([raw, Buffer.of(0)]))), '64 bytes'],
    'signature-empty': [withSignature(''), '64 bytes'],
    'signature-r-0': [withScalars(0n, s), differs],
    'signature-s-0': [withScalars(r, 0n), differs],
    'signature-0-0': [withScalars(0n, 0n), differs],
    'signature-r-n': [withScalars(n, s), differs],
    'signature-s-n': [withScalars(r, n), differs],
    'signature-s-1': [withScalars(r, 1n), differs],
    'signature-swapped': [withScalars(s, r), differs],
};

const reversed = (value) => (Array.isArray(value) ? value.map(reversed)
    : value !== null && typeof value === 'object'
        ? Object.fromEntries(Object.entries(value).reverse().map(([name, item]) => [name, reversed(item)]))
        : value);
const escaped = text.replace(/[A-Z]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

const variants = {
    'compact': text,
    'tabs-and-crlf': JSON.stringify(example, null, '\t').replace(/\n/g, '\r\n'),
    'names-reversed': reversed(example),
    'letters-escaped': escaped,
    'white-space-around': ` \n${text}\n\n\t `,
    'header-names-reversed': envelope(rawSignature(JSON.stringify(reversed(whole)))),
    'header-spaced': envelope(rawSignature(JSON.stringify(whole, null, 2))),
    'header-x5c': under({x5c: ['TUlJQg==']}),
    'signed-twice': envelope(good, await signature(key, body, whole)),
    'signed-by-two': envelope(good, byStranger()),
    'signed-by-two-stranger-first': envelope(byStranger(), good),
    // Whether these hold is for whoever has the stranger's key to say.
    'stranger-bad': envelope(good, {...byStranger(), signature: good.signature}),
    'stranger-zero': envelope(good, {...byStranger(), signature: base64url(Buffer.alloc(64))}),
    'stranger-sixteen': envelope(...Array(15).fill(byStranger()), good),
    'unprotected-header': unprotected({note: {token: 'TUlJQg=='}}),
    'unprotected-jwk': unprotected({jwk: crypto.createPublicKey(stranger).export({format: 'jwk'}), jku: 'file:///x'}),
    // ECDSA's twin: whoever has (r, s) has (r, n - s) as well.
    'signature-twin': withScalars(r, n - s),
};

function store(folder, entries) {
    fs.rmSync(path.join(data, folder), {recursive: true, force: true});
    fs.mkdirSync(path.join(data, folder));
    const index = Object.entries(entries).map(([name, entry]) => {
        const [content, why] = Array.isArray(entry) ? entry : [entry, null];
        const file = `${name}.json`;
        const isText = typeof content === 'string' || Buffer.isBuffer(content);
        fs.writeFileSync(path.join(data, folder, file), isText ? content : JSON.stringify(content));
        return why === null ? {file} : {file, why};
    });
    write(path.join(data, folder, 'index.json'), index);
}

store('forged', forged);
store('variants', variants);

// A run that was simulated, under a key that is not the test key: good signature, refused all the same.
fs.mkdirSync(path.join(data, 'stranger'), {recursive: true});
write(path.join(data, 'stranger/key.jwk'), crypto.createPublicKey(stranger).export({format: 'jwk'}));
write(path.join(data, 'stranger/simulated.json'), await sign(stranger, 'certificate', body));
write(path.join(data, 'stranger/real.json'), await sign(stranger, 'certificate', {...body, simulated: false}));
