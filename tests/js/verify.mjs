// SPDX-License-Identifier: Apache-2.0
// verify.mjs KEY FILE...: exit 0 if every document holds under the key (PEM or JWK).
import {publicKey, read, verify} from './lib.mjs';

const [keyFile, ...files] = process.argv.slice(2);
const key = publicKey(keyFile);
for (const file of files)
    try {
        console.log(`${file}: ${await verify(read(file), key)} holds`);
    } catch (error) {
        console.error(`${file}: does not hold: ${error.message}`);
        process.exitCode = 1;
    }
