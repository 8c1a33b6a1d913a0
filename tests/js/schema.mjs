// SPDX-License-Identifier: Apache-2.0
// schema.mjs FILE...: exit 0 if every document follows its schema and names what it does not know. Prints "FILE: holds" for
// each that does.
import {kindOf, read, schemaOf, unnamed, validators} from './lib.mjs';

const validate = validators();

function complaints(document) {
    const name = schemaOf(document);
    if (name === undefined)
        return ['neither an envelope nor a list or plan'];
    if (!(name in validate))
        return [`there is no schema for ${name}`];
    if (!validate[name](document))
        return validate[name].errors.map((error) => `${error.instancePath || '/'} ${error.message}`);
    if (name === 'plan')
        return [];
    return (name === 'list' ? document.drives : [document[kindOf(document)]]).flatMap(unnamed);
}

for (const file of process.argv.slice(2)) {
    const found = complaints(read(file));
    found.forEach((text) => console.error(`${file}: ${text}`));
    if (found.length > 0)
        process.exitCode = 1;
    else
        console.log(`${file}: holds`);
}
