// SPDX-License-Identifier: Apache-2.0
// sign.mjs KEY KIND BODY.json: the signed document, on stdout.
import {privateKey, read, sign} from './lib.mjs';

const [keyFile, kind, bodyFile] = process.argv.slice(2);
console.log(JSON.stringify(await sign(privateKey(keyFile), kind, read(bodyFile)), null, 2));
