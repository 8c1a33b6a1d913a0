// SPDX-License-Identifier: Apache-2.0
// The places of the sample, recomputed from the words of src/core/sample.h. Numbers are BigInt.
// sample.mjs SEED-HEX BYTES LOGICAL-BLOCK-BYTES: prints "offset length" of each place.
import crypto from 'node:crypto';
import {fileURLToPath} from 'node:url';

const BLOCK = 65536n;

export function seedNumber(seed, n) {
    const text = Buffer.alloc(40);
    seed.copy(text);
    text.writeBigUInt64BE(n, 32);
    return crypto.createHash('sha256').update(text).digest().readBigUInt64BE(0);
}

function drawn(seed, blocks) {
    const inner = blocks - 2n;
    if (inner < 4n)
        return [];
    const sections = inner / 4n < 1000n ? inner / 4n : 1000n;
    const places = [];
    for (let i = 0n; i < sections; i++) {
        const begin = 1n + i * inner / sections;
        const width = 1n + (i + 1n) * inner / sections - begin;
        const a = seedNumber(seed, 2n * i) % width;
        const b = seedNumber(seed, 2n * i + 1n) % (width - 1n);
        places.push((begin + a) * BLOCK, (begin + (b >= a ? b + 1n : b)) * BLOCK);
    }
    return places;
}

export function samplePlaces(seedHex, bytes, logicalBlockBytes) {
    if (bytes <= BLOCK)
        return [[0n, bytes]];
    const last = (bytes - BLOCK) / logicalBlockBytes * logicalBlockBytes;
    const limits = [1n << 28n, 1n << 32n].map((lba) => lba * logicalBlockBytes).filter((end) => end <= bytes);
    const places = [...drawn(Buffer.from(seedHex, 'hex'), bytes / BLOCK), 0n, ...limits.map((end) => end - BLOCK)]
        .map((offset) => [offset, offset + BLOCK]);
    places.push([last, bytes]);
    places.sort((one, other) => (one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0));
    const joined = [];
    for (const [begin, end] of places) {
        const before = joined[joined.length - 1];
        if (before === undefined || begin >= before[1])
            joined.push([begin, end]);
        else if (end > before[1])
            before[1] = end;
    }
    return joined.map(([begin, end]) => [begin, end - begin]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [seed, bytes, block] = process.argv.slice(2);
    for (const [offset, length] of samplePlaces(seed, BigInt(bytes), BigInt(block)))
        console.log(`${offset} ${length}`);
}
