// SPDX-License-Identifier: Apache-2.0
// canonical.mjs: reads lines of JSON, prints the RFC 8785 form of each as npm's canonicalize makes it.
import fs from 'node:fs';
import canonicalize from 'canonicalize';

for (const line of fs.readFileSync(0, 'utf8').split('\n').filter((text) => text !== ''))
    console.log(canonicalize(JSON.parse(line)));
