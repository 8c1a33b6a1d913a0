// SPDX-License-Identifier: Apache-2.0
// Makes tests/data/examples anew: one document of each kind, about one invented hard disk. Everything that can be
// computed from something else is, so that the numbers agree. Signatures differ from run to run.
import path from 'node:path';
import {bodySha256, data, nulls, privateKey, sha256, sign, write} from './lib.mjs';
import {samplePlaces} from './sample.mjs';

const block = 512;
const blocks = 976773168;
const bytes = blocks * block;
const samples = Math.ceil(bytes / 65536);
const seed = sha256('the seed of the example');
const canaries = samplePlaces(seed, BigInt(bytes), BigInt(block)).length;
const run = '6b0f1d1e-4c52-4f0b-9a37-0c6b6a0f2f51';

// Times as offsets in nanoseconds from the run's start, on both clocks.
const epoch = Date.UTC(2026, 10, 22, 13, 16, 0);
const second = 1000000000n;
const at = (ns) => new Date(epoch + Number(ns / 1000000n)).toISOString().slice(0, 19) +
    `.${String(ns % second).padStart(9, '0')}Z`;
const boottime = (ns) => String(8123n * second + 4711n + ns);
const intentAt = 1n * second + 204113954n;
const touchedAt = 1n * second + 220514007n;
const stepAt = 25n * second + 118200531n;
const passEnd = 3361n * second + 901447210n;
const stepEnd = 3362n * second + 118007345n;
const endAt = 6570n * second + 733210998n;

// Why each member without a value has none; what is not named here is not_probed.
const reasons = {
    'intent_sha256': 'not_applicable',
    'previous': 'not_supported',
    'authority.refusal': 'not_applicable',
    'medium.vendor': 'not_supported',
    'medium.eui64': 'not_applicable',
    'medium.nguid': 'not_applicable',
    'medium.namespaces': 'not_applicable',
    'medium.subsystem': 'not_applicable',
    'medium.bridge': 'not_applicable',
    'medium.capacity.total_nvm': 'not_applicable',
    'medium.capacity.unallocated_nvm': 'not_applicable',
    'medium.identity_recheck.before.why': 'not_applicable',
    'medium.identity_recheck.after.why': 'not_applicable',
    'steps.command': 'not_applicable',
    'steps.completion.status_raw': 'not_applicable',
    'steps.completion.sense': 'not_applicable',
    'steps.completion.error': 'not_applicable',
    'steps.passes.cipher': 'not_applicable',
    'steps.passes.key': 'not_applicable',
    'hidden.unattached_namespaces': 'not_applicable',
    'hidden.unallocated_bytes': 'not_applicable',
    'hidden_areas.unattached_namespaces': 'not_applicable',
    'hidden_areas.boot_partitions': 'not_applicable',
    'hidden_areas.rpmb': 'not_applicable',
    'tool.configuration_sha256': 'not_applicable',
    'vendor': 'not_supported',
};

const named = (body, special = {}) => ({
    ...body,
    unknown: Object.fromEntries([...nulls(body)].map((name) => [name, special[name] ?? reasons[name] ?? 'not_probed'])),
});

const authority = {
    order: null,
    ticket: 'EX-1042',
    approved_by: [],
    owner: {customer: 'Example Ltd', contract: null},
    notice: {given: 'unknown', at: null, channel: null, reference: null, grace_end: null},
    preservation: {status: 'not-checked', checked_at: null, source: null, response_sha256: null, reference: null},
    reason: 'end of lease',
    confirmed_by: 'option',
    refusal: null,
};

const people = {
    operator: {name: 'A. Operator', id: null, title: null, location: 'Example hall, row 4', contact: null},
    verifier: null,
    validator: null,
};

const host = {
    dmi: {
        vendor: 'Example Systems',
        product: 'Model 1',
        serial: 'CHASSIS0001',
        uuid: '4c4c4544-0000-4000-8000-000000000001',
        asset_tag: 'ASSET-0001',
        chassis_serial: null,
        board_vendor: 'Example Systems',
        board_product: 'Board 1',
        board_serial: null,
        bios_vendor: 'Example Systems',
        bios_version: '1.0.0',
        bios_date: '04/01/2026',
    },
    boot_id: '0d7d3f0c-7c1e-4c55-8b4e-3a6f1f6f9a10',
    nics: [{name: 'eno1', mac: '02:00:00:00:00:01'}],
    kernel: 'Linux 6.1.0-28-amd64',
    boot_image: null,
    tpm: null,
};

const tool = {
    name: 'unwrite',
    version: '0.1.0',
    commit: '0123456789ab',
    sha256: sha256('the executable of the example'),
    libraries: {libblkid: '2.38.1', libcrypto: '3.0.15', jansson: '2.14', liburing: '2.3'},
    arguments: ['unwrite', 'erase', '/dev/sdb', '--level', 'clear', '--confirm', 'EXAMPLE0001', '--ticket', 'EX-1042'],
    configuration_sha256: null,
};

const identity = {same: true, serial: 'EXAMPLE0001', wwn: '0x5000000000000001', bytes, disk_sequence: 9, why: null};

const medium = {
    vendor: null,
    model: 'EXAMPLE HDD500',
    serial: 'EXAMPLE0001',
    serial_source: 'udev ID_SERIAL_SHORT',
    firmware: 'EX01',
    wwn: '0x5000000000000001',
    wwn_source: 'udev ID_WWN_WITH_EXTENSION',
    eui64: null,
    nguid: null,
    namespaces: null,
    subsystem: null,
    type: 'hdd',
    type_evidence: 'queue/rotational=1',
    bus: 'ata',
    device: '/dev/sdb',
    path: 'pci-0000:00:17.0-ata-2.0',
    bay: null,
    bridge: null,
    scope: 'whole-drive',
    capacity: {
        logical_block_bytes: block,
        physical_block_bytes: 4096,
        bytes,
        blocks,
        native_max: null,
        dco_max: null,
        total_nvm: null,
        unallocated_nvm: null,
    },
    disk_sequence: 9,
};

const alternatives = [{rule_set: 'nist-800-88r1', level: 'clear'}, {rule_set: 'ieee-2883', level: 'clear'}];

const intent = named({
    schema: 'urn:unwrite:intent:1',
    kind: 'intent',
    id: '3a1f7f6e-2f0d-4d55-9d2a-5f2f3c8f7a01',
    run,
    issued_at: at(intentAt),
    simulated: true,
    authority,
    people,
    host,
    station: 'bench-1',
    tool,
    medium,
    plan: {
        level_requested: 'clear',
        level: 'clear',
        rule_set: 'nist-800-88r1',
        rule: 'H3',
        alternatives,
        steps: [{method: 'overwrite', technique: 'host-overwrite', passes: [{pattern: '00'}]}],
        verify: 'full',
    },
    seed_commitment: sha256(Buffer.from(seed, 'hex')),
});

const hiddenNotAsked = 'whether the drive hides areas (HPA, DCO, AMAX) was not asked';

const certificate = named({
    schema: 'urn:unwrite:certificate:1',
    kind: 'certificate',
    id: 'c0b6a9d4-53f4-4f1b-8e1d-2b7f8f3e9d02',
    run,
    issued_at: at(endAt),
    intent_sha256: bodySha256(intent),
    previous: null,
    simulated: true,
    verdict: 'sanitized-with-exceptions',
    exceptions: [{code: 'hidden_areas_not_checked', severity: 'reservation', text: hiddenNotAsked}],
    summary: {
        verdict: 'sanitized-with-exceptions',
        level: 'clear',
        method: 'overwrite',
        chassis_serial: host.dmi.serial,
        asset_tag: host.dmi.asset_tag,
        drive_serial: medium.serial,
        wwn: medium.wwn,
        bytes,
        started: at(touchedAt),
        finished: at(endAt),
    },
    claim: {
        level_requested: 'clear',
        level: 'clear',
        rule_set: 'nist-800-88r1',
        rule: 'H3',
        alternatives,
        basis: 'host-overwrite',
        limitations: ['reallocated_not_reached', 'hidden_areas_not_checked'],
        relies_on_maker: false,
        statement: `All ${blocks} addressable blocks were overwritten and all of them read back. ` +
            'Reallocated and HPA, DCO and AMAX areas were not reached.',
    },
    authority,
    people,
    host,
    station: 'bench-1',
    tool,
    time: {
        start: at(touchedAt),
        end: at(endAt),
        boottime_start_ns: boottime(touchedAt),
        boottime_end_ns: boottime(endAt),
        synchronised: true,
        source: 'system clock',
        trust: 'synchronised',
        drive_hours: {before: null, after: null},
        power_cycles: {before: null, after: null},
    },
    medium: {...medium, identity_recheck: {before: identity, after: identity}},
    capabilities: {},
    steps: [{
        sequence: 1,
        method: 'overwrite',
        technique: 'host-overwrite',
        command: null,
        parameters: {standard: 'nist-clear', passes: 1, buffer_bytes: 1048576, in_flight: 4},
        start: at(stepAt),
        end: at(stepEnd),
        estimate_s: 2 * (Math.floor(bytes / 150000000) + 1),
        completion: {
            accepted: true,
            complete: true,
            flushed: true,
            states_seen: [],
            status_raw: null,
            sense: null,
            error: null,
        },
        bytes_written: bytes,
        passes: [{
            pass: 1,
            pattern: '00',
            cipher: null,
            key: null,
            bytes_written: bytes,
            retries: 0,
            complete: true,
            start: at(stepAt),
            end: at(passEnd),
        }],
        unwritten: [],
        unwritten_bytes: 0,
        unwritten_omitted: 0,
        errors: 0,
        retries: 0,
        resumed: false,
        direct_io: true,
        transport: 'io_uring',
        buffered_tail_bytes: 0,
    }],
    hidden_areas: {
        hpa: null,
        dco: null,
        amax: null,
        opened: [],
        unattached_namespaces: null,
        boot_partitions: null,
        rpmb: null,
        reallocated: {before: null, after: null},
        pending: {before: null, after: null},
    },
    before: {
        content: 'gpt',
        partitions: 2,
        types: ['gpt', 'vfat', 'ext4'],
        in_use: [],
        use_checks: ['mounts', 'other mount namespaces', 'swap', 'holders', 'loop devices', 'btrfs members',
                     'zfs members', 'exclusive open'],
        health: null,
        unfreeze: null,
        histogram: null,
    },
    after: {health: null, histogram: null},
    verification: {
        profile: 'full',
        evidence_class: 'media',
        seed_commitment: intent.seed_commitment,
        seed,
        samples,
        bytes,
        coverage_ppm: 1000000,
        first: true,
        last: true,
        expected: 'pattern 00',
        observed: {expected: blocks, zeros: 0, ones: 0, canaries: 0, other: 0},
        mismatches: 0,
        mismatching_lba: [],
        read_errors: [],
        canary: {written: canaries, readable_before: canaries, found_after: 0, bytes: 4096},
        witness: {taken: canaries, constant: 1187, unchanged: 0},
        detection: {residue_ppm: 1000, probability_ppm: 1000000},
        direct_io: true,
        buffered_bytes: 0,
        result: 'passed',
    },
    not_covered: [],
});

// A day later somebody else reads a sample of the drive and holds it against the certificate.
const checkRun = 'f3a9c1d2-7b64-4e0a-8c5f-2d1e6b7a9c03';
const checkAt = 86400n * second + 512003311n;
const checkedAt = 86428n * second + 90211377n;
const checkSeed = sha256('the seed of the example check');
const places = samplePlaces(checkSeed, BigInt(bytes), BigInt(block));
const placesBytes = Number(places.reduce((sum, [, length]) => sum + length, 0n));
const nobody = {name: null, id: null, title: null, location: null, contact: null};

const addendum = named({
    schema: 'urn:unwrite:addendum:1',
    kind: 'addendum',
    id: '91c4f7b0-6d3e-4a58-b2c7-8e5d0f1a6b04',
    run: checkRun,
    issued_at: at(checkedAt),
    simulated: true,
    certificate: {
        id: certificate.id,
        sha256: bodySha256(certificate),
        verdict: certificate.verdict,
        level: certificate.claim.level,
        signatures: 'holds',
    },
    result: 'holds',
    reason: 'it holds what its certificate says',
    authority: {...authority, reason: 'random check', confirmed_by: null},
    people: {
        operator: nobody,
        verifier: {...nobody, name: 'V. Verifier', location: 'Example hall, row 9'},
        validator: null,
    },
    host,
    station: 'bench-2',
    tool: {
        ...tool,
        arguments: ['unwrite', 'verify', '/dev/sdb', '--certificate', 'certificate.json', '--operator', 'V. Verifier'],
    },
    time: {
        start: at(checkAt),
        end: at(checkedAt),
        boottime_start_ns: boottime(checkAt),
        boottime_end_ns: boottime(checkedAt),
        synchronised: true,
        source: 'system clock',
        trust: 'synchronised',
        drive_hours: {before: null, after: null},
        power_cycles: {before: null, after: null},
    },
    medium: {...medium, disk_sequence: 14},
    verification: {
        profile: 'sample',
        evidence_class: 'media',
        seed_commitment: sha256(Buffer.from(checkSeed, 'hex')),
        seed: checkSeed,
        samples: places.length,
        bytes: placesBytes,
        coverage_ppm: Math.floor(placesBytes * 1e6 / bytes),
        first: true,
        last: true,
        expected: certificate.verification.expected,
        observed: {expected: placesBytes / block, zeros: 0, ones: 0, canaries: 0, other: 0},
        mismatches: 0,
        mismatching_lba: [],
        read_errors: [],
        canary: null,
        witness: null,
        detection: {
            residue_ppm: 1000,
            probability_ppm: Math.floor(1e6 * (1 - 0.999 ** Math.floor(placesBytes / 65536))),
        },
        direct_io: true,
        buffered_bytes: 0,
        result: 'passed',
    },
}, {
    'authority.confirmed_by': 'not_applicable',
    'verification.canary': 'not_applicable',
    'verification.witness': 'not_applicable',
});

const nothingAsked = {
    hidden: {hpa: null, dco: null, amax: null, unattached_namespaces: null, unallocated_bytes: null},
    capabilities: {},
    health: {},
};

const list = {
    schema: 'urn:unwrite:list:1',
    drives: [
        named({
            device: '/dev/sda',
            bus: 'ata',
            media: 'ssd',
            bytes: 480103981056,
            logical_block_bytes: 512,
            physical_block_bytes: 4096,
            model: 'EXAMPLE SSD480',
            serial: 'EXAMPLE0002',
            firmware: 'EX02',
            wwn: '0x5000000000000002',
            id: 'EXAMPLE0002',
            in_use: [{kind: 'mount', by: '/ on /dev/sda2'}, {kind: 'swap', by: '/dev/sda3'}],
            boot_medium: true,
            content: 'gpt',
            partitions: 3,
            read_only: false,
            source: 'udev',
            reach: {level: 'clear', why: 'overwrite, rule A6'},
            ...nothingAsked,
            capabilities: {security: null, sanitize: null, sanitize_status: null, path: null, raw: null},
        }),
        named({
            device: '/dev/sdb',
            bus: medium.bus,
            media: medium.type,
            bytes,
            logical_block_bytes: block,
            physical_block_bytes: 4096,
            model: medium.model,
            serial: medium.serial,
            firmware: medium.firmware,
            wwn: medium.wwn,
            id: medium.serial,
            in_use: [],
            boot_medium: false,
            content: 'gpt',
            partitions: 2,
            read_only: false,
            source: 'udev',
            reach: {level: 'clear', why: 'overwrite, rule H3'},
            ...nothingAsked,
            hidden: {...nothingAsked.hidden, hpa: 'none', dco: null, amax: 'none'},
            capabilities: {
                security: {
                    supported: true,
                    enabled: false,
                    locked: false,
                    frozen: true,
                    expired: false,
                    enhanced: true,
                    maximum: false,
                    erase_minutes: 82,
                    enhanced_minutes: null,
                    master_id: 65534,
                },
                sanitize: {
                    supported: true,
                    crypto: false,
                    block: false,
                    overwrite: true,
                    antifreeze: true,
                    definitive_ending_pattern: true,
                },
                sanitize_status: {state: 'idle', progress: 65535, frozen: false, raw: '5000000000000000ffff'},
                path: 'whole',
                raw: {
                    word59: '5410', word69: '0000', word82: '746b', word83: '7d09', word84: '4163', word85: '7469',
                    word86: 'bc01', word87: '4163', word89: '8029', word90: '0000', word92: 'fffe', word119: '4000',
                    word120: '4000', word128: '0029',
                },
            },
        }, {
            'hidden.dco': 'not_supported',
            'hidden.unattached_namespaces': 'not_applicable',
            'hidden.unallocated_bytes': 'not_applicable',
            'capabilities.security.enhanced_minutes': 'not_supported',
        }),
        named({
            device: '/dev/nvme0n1',
            bus: 'nvme',
            media: 'ssd',
            bytes: 1000204886016,
            logical_block_bytes: 512,
            physical_block_bytes: 512,
            model: 'EXAMPLE NVME1T',
            serial: 'EXAMPLE0003',
            firmware: 'EX03',
            wwn: 'eui.0000000000000003',
            id: 'EXAMPLE0003',
            in_use: [],
            boot_medium: false,
            content: null,
            partitions: 0,
            read_only: false,
            source: 'udev',
            reach: {level: 'clear', why: 'overwrite, rule N7'},
            hidden: {hpa: null, dco: null, amax: null, unattached_namespaces: 0, unallocated_bytes: '0'},
            capabilities: {
                sanitize: {crypto: true, block: true, overwrite: false, no_deallocate_inhibited: false},
                format: {supported: true, crypto: true, all_namespaces: false, erase_all_namespaces: false},
                sanitize_status: {
                    state: 'never',
                    progress: 65535,
                    passes_done: 0,
                    global_erased: false,
                    cdw10: '00000000',
                    raw: `ffff0000${'00'.repeat(4)}${'ff'.repeat(24)}${'00'.repeat(8)}`,
                },
                raw: {oacs: '001f', sanicap: '00000003', fna: '04', cmic: '00'},
            },
            health: {
                critical_warning: 0,
                percentage_used: 3,
                available_spare: 100,
                temperature_k: 311,
                power_on_hours: 4210,
                power_cycles: 97,
                unsafe_shutdowns: 12,
                media_errors: 0,
            },
        }, {
            'content': 'not_applicable',
            'hidden.hpa': 'not_applicable',
            'hidden.dco': 'not_applicable',
            'hidden.amax': 'not_applicable',
        }),
    ],
    not_covered: [],
};

const levels = {'nist-800-88r1': 'clear', 'ieee-2883': 'clear'};
const planned = (device, drive, rule, limitations, seconds, affected, refused) => ({
    device,
    id: drive.serial,
    model: drive.model,
    serial: drive.serial,
    bytes: drive.bytes,
    level_requested: 'clear',
    level: 'clear',
    rule,
    rule_set: 'nist-800-88r1',
    verify: 'full',
    limitations,
    steps: [{
        method: 'overwrite',
        technique: 'host-overwrite',
        levels,
        estimate_s: seconds,
        can_stop: true,
        attach: false,
        standard: 'nist-clear',
        passes: [{pattern: '00'}],
    }],
    opens: [],
    also_affected: affected,
    rejected: [],
    refused,
});

const namespace = {
    device: '/dev/nvme0n1',
    id: 'nvme0n1:960197124096',
    model: 'EXAMPLE NVME960',
    serial: 'EXAMPLE0003',
    bytes: 960197124096,
    level_requested: 'purge',
    level: 'purge',
    rule: 'N2',
    rule_set: 'nist-800-88r1',
    verify: 'sample',
    limitations: ['ce_preconditions_unverified'],
    steps: [{
        method: 'nvme-sanitize-crypto',
        technique: 'device-sanitize-crypto',
        levels: {'nist-800-88r1': 'purge', 'ieee-2883': 'purge'},
        estimate_s: 30,
        can_stop: false,
        attach: false,
        standard: null,
        passes: [],
    }],
    opens: [],
    also_affected: ['namespace 2 of nvme0', 'namespace 3 of nvme0, not attached to this controller', '1 partition'],
    rejected: [{method: 'overwrite', why: 'nvme-sanitize-crypto comes first'}],
    refused: null,
};

/* A drive's own erase, and an overwrite over what it left. */
const twoSteps = {
    device: '/dev/sdc',
    id: 'EXAMPLE0004',
    model: 'EXAMPLE SSD480',
    serial: 'EXAMPLE0004',
    bytes: 480103981056,
    level_requested: 'clear',
    level: 'clear',
    rule: 'A5',
    rule_set: 'nist-800-88r1',
    verify: 'tenth',
    limitations: ['overprovisioned_not_reached'],
    steps: [{
        method: 'ata-security-erase-enhanced',
        technique: 'ata-security-erase-enhanced',
        levels: {'nist-800-88r1': 'clear', 'ieee-2883': 'clear'},
        estimate_s: 120,
        can_stop: false,
        attach: false,
        standard: null,
        passes: [],
    }, {
        method: 'overwrite',
        technique: 'host-overwrite',
        levels,
        estimate_s: 2402,
        can_stop: true,
        attach: false,
        standard: 'nist-clear',
        passes: [{pattern: '00'}],
    }],
    opens: [{area: 'hpa', left: 'until-power-cycle'}],
    also_affected: [],
    rejected: [
        {method: 'ata-sanitize-block', why: 'the drive has no block erase'},
        {method: 'ata-security-erase', why: 'ata-security-erase-enhanced comes first'},
        {method: 'overwrite', why: 'ata-security-erase-enhanced comes first'},
    ],
    refused: null,
};

const plan = {
    schema: 'urn:unwrite:plan:1',
    plans: [
        planned('/dev/sda', list.drives[0], 'A6',
                ['reallocated_not_reached', 'overprovisioned_not_reached', 'hidden_areas_not_checked'],
                2 * (Math.floor(list.drives[0].bytes / 400000000) + 1), ['3 partitions of sda'], {
                    code: 'boot_medium',
                    why: '/dev/sda holds the running system',
                    way_out: 'boot from another medium to erase it',
                }),
        planned('/dev/sdb', list.drives[1], 'H3', certificate.claim.limitations, certificate.steps[0].estimate_s,
                ['2 partitions of sdb'], null),
        namespace,
        twoSteps,
    ],
    left_out: [{device: '/dev/nvme0n1', why: 'it holds the running system'}],
    not_covered: [{controller: '0000:03:00.0', why: 'a RAID controller'}],
};

const key = privateKey(path.join(data, 'test-key.pem'));
const examples = path.join(data, 'examples');
write(path.join(examples, 'certificate.json'), await sign(key, 'certificate', certificate));
write(path.join(examples, 'intent.json'), await sign(key, 'intent', intent));
write(path.join(examples, 'addendum.json'), await sign(key, 'addendum', addendum));
write(path.join(examples, 'list.json'), list);
write(path.join(examples, 'plan.json'), plan);
