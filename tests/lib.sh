# SPDX-License-Identifier: Apache-2.0
# What test scripts share. Sourced by run-test with `set -euo pipefail`, in the script's scratch folder.

fail() { echo "FAIL: $*" >&2; exit 1; }

# unwrite ARG...: the program with the scratch folder's state and no configuration of this machine's.
unwrite() { "$UNWRITE" "$@"; }

# run CODE ARG...: runs the program, wants this exit code; output stays in out and err.
run() {
    local want=$1 got=0
    shift
    unwrite "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$want" ] || fail "unwrite $*: exit $got, wanted $want; stderr: $(cat err)"
}

# one_line_error [PATTERN]: stderr of the last run is one line that starts "unwrite: " and matches PATTERN.
one_line_error() {
    [ "$(wc -l <err)" = 1 ] || fail "stderr is not one line: $(cat err)"
    grep -q '^unwrite: ' err || fail "stderr does not name the program: $(cat err)"
    [ $# = 0 ] || grep -qE -- "$1" err || fail "stderr does not say '$1': $(cat err)"
}

# attach FILE [LOSETUP OPTION...]: prints the loop device.
attach() { local file=$1; shift; losetup --find --show "$@" "$scratch/$file"; }

# detach DEVICE...: and waits until they are. What a program held that has ended the kernel lets go of when it finds the
# time.
detach() {
    local device
    losetup -d "$@"
    for device; do wait_for 30 test ! -e "/sys/block/${device##*/}/loop/backing_file"; done
}

# The rest is for scripts that erase.

# What stands on a disk before it is erased, and must be nowhere afterwards.
marker=PLANTED-BY-THE-TEST

# Nothing of this machine's own is used or left behind.
here=(--state "$scratch/state" --certificates "$scratch/certificates" --key "$scratch/key.pem")

# make_key: a signing key in key.pem, its public half, as OpenSSL sees it, in public.pem.
make_key() {
    run 0 key new key.pem
    openssl pkey -in key.pem -pubout -out public.pem
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails after that time.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited in vain for: $*"
        sleep 0.01
    done
}

# ids_of TARGET...: what --confirm takes, a line each.
ids_of() {
    { unwrite plan --level clear --json "$@" || true; } |
        jq -er --argjson wanted $# '.plans | map(.id) | if length == $wanted and all then .[] else empty end'
}

id_of() { ids_of "$1"; }

# erase CODE [OPTION...] -- TARGET...: to clear unless an option says otherwise, each target confirmed; as
# `run`.
erase() {
    local want=$1 options=(--level clear) ids id
    shift
    while [ "$1" != -- ]; do
        [ "$1" != --level ] || options=()
        options+=("$1")
        shift
    done
    shift
    ids=$(ids_of "$@")
    while IFS= read -r id; do options+=(--confirm "$id"); done <<<"$ids"
    run "$want" erase "${here[@]}" "${options[@]}" -- "$@"
}

# certificate DEVICE [FOLDER]: path of the only certificate of that device.
certificate() {
    local found
    found=$(jq -r --arg device "$1" 'select(.certificate.medium.device == $device) | input_filename' \
        "${2:-certificates}"/*.certificate.json)
    [ "$(grep -c . <<<"$found")" = 1 ] || fail "not one certificate of $1: $found"
    echo "$found"
}

# holds FILE EXPRESSION...: each jq expression is true of the document. One jq for all of them: it takes its time to
# start.
holds() {
    local file=$1 expression
    shift
    ! jq -e "$(printf '([%s] | length > 0 and all) and ' "$@") true" "$file" >/dev/null || return 0
    for expression; do
        jq -e "[$expression] | length > 0 and all" "$file" >/dev/null ||
            fail "$file: not so: $expression: $(jq -c . "$file")"
    done
    fail "$file: not so: $*"
}

# certifies FILE EXPRESSION...: as holds, of the certificate in the document.
certifies() {
    local file=$1
    shift
    holds "$file" "${@/#/.certificate | }"
}

# key_of FILE: the key of the certificate's first pass.
key_of() { jq -er '.certificate.steps[0].passes[0].key' "$1"; }

# flip FILE OFFSET: changes one bit of that byte, whatever it is.
flip() {
    perl -e 'open(my $file, "+<", $ARGV[0]) or die; sysseek($file, $ARGV[1], 0); sysread($file, my $byte, 1) or die;
        sysseek($file, $ARGV[1], 0); syswrite($file, $byte ^ "\x01") or die' "$1" "$2"
}

# on_terminal ARG...: tests/root/on_terminal.py.
on_terminal() { /usr/bin/python3 "$SOURCE/tests/root/on_terminal.py" "$@"; }

# check_documents [FOLDER]: everything in it is a signed document that python3-jsonschema and python3-jwcrypto
# accept, and certificates fit their intents.
check_documents() {
    /usr/bin/python3 "$SOURCE/tests/root/documents.py" "$SOURCE/src/schema" public.pem "${1:-certificates}"
}

# put_aside: moves the documents to the folder aside, for one check_documents of them all at the end.
put_aside() {
    mkdir -p aside
    mv certificates/* aside/
    rmdir certificates
}

# plant DEVICE: a file system full of markers, and one each in the first and the very last bytes.
plant() {
    local bytes at
    bytes=$(blockdev --getsize64 "$1")
    mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$1"
    mkdir -p mnt
    mount "$1" mnt
    head -c 4M < <(yes "$marker") >mnt/secret
    umount mnt
    for at in 0 $((bytes - ${#marker})); do
        printf %s "$marker" | dd of="$1" bs=64K oflag=seek_bytes seek="$at" conv=notrunc,fsync status=none
    done
}

# planted FILE: how many markers are in it, by grep.
planted() { { grep --text --only-matching "$marker" "$1" || true; } | wc -l; }

# is_pattern OCTAL FILE [OFFSET BYTES]: nothing but that byte stands there, by cmp; the whole file unless a
# range is given.
is_pattern() {
    local bytes=${4:-$(stat -c %s "$2")}
    cmp --bytes "$bytes" --ignore-initial "${3:-0}:0" "$2" <(tr '\0' "\\$1" </dev/zero)
}

# is_keystream KEY FILE [OFFSET BYTES]: what stands there is what `openssl enc` makes of zeros from the
# device's byte 0 on.
is_keystream() {
    local bytes=${4:-$(stat -c %s "$2")}
    cmp --bytes "$bytes" --ignore-initial "${3:-0}:0" "$2" \
        <(openssl enc -aes-256-ctr -K "$1" -iv 00000000000000000000000000000000 -in /dev/zero 2>/dev/null)
}

# in_ram: a file system in memory below the folder ram, for large sparse disks: a test has no use for the disk
# of the machine that it runs on, and sparse files are as large there as they like.
in_ram() {
    mkdir ram
    mount -t tmpfs tmpfs ram
}

# allocated FILE MIB: whether the file system holds that much of a sparse file already: how tests see an erase
# move.
allocated() { [ $(($(stat -c %b "$1") * $(stat -c %B "$1") / 1048576)) -ge "$2" ]; }

# sum FILE: its SHA-256; openssl uses the processor's instructions for it, sha256sum does not.
sum() { openssl dgst -sha256 -r <"$1"; }
