# SPDX-License-Identifier: Apache-2.0
# What scripts share that run `unwrite verify`. Sourced by them, behind tests/lib.sh.

# check CODE [OPTION...] TARGET: `unwrite verify`; what it leaves in the folder checks is an `addendum` and
# nothing else; to the drive nothing was written.
check() {
    local want=$1 target=${*: -1} before writes
    shift
    rm -rf checks
    before=$(sum "$target")
    writes=$(writes_to "$target")
    run "$want" verify --state state --certificates checks --key key.pem "$@"
    [ "$(sum "$target")" = "$before" ] && [ "$(writes_to "$target")" = "$writes" ] ||
        fail "verify $*: it was written to"
    addendum=$(find checks -type f)
    [ "$(wc -l <<<"$addendum")" = 1 ] || fail "verify $*: not one document: $addendum"
    case $addendum in *.addendum.json) ;; *) fail "verify $*: no addendum: $addendum" ;; esac
    holds "$addendum" "$([ "$want" = 0 ] && echo '.addendum.result == "holds"' || echo '.addendum.result == "does-not-hold"')" \
        '.addendum | has("verdict") or has("claim") or has("steps") or has("summary") | not' '.addendum.kind == "addendum"'
    cat "$addendum" >>addenda
}
# Writes and discards that reached the device, as the kernel counts them.
writes_to() { [ ! -b "$1" ] || awk '{print $5, $7, $12, $14}' "/sys/block/${1#/dev/}/stat"; }
why() { holds "$addendum" ".addendum.reason | test(\"$1\")"; }
seen() { holds "$addendum" ".addendum.verification | $1"; }

# addenda_hold COUNT: so many were made at least; each is signed, follows its schema, and is proof of no
# erase; by readers that are not ours too.
addenda_hold() {
    local file result
    [ -d "$SOURCE/tests/node_modules/jose" ] || fail "run npm ci --prefix tests first"
    mkdir all
    jq -c . addenda | split --lines 1 --additional-suffix .addendum.json - all/
    [ "$(find all -type f | wc -l)" -ge "$1" ] || fail "only $(find all -type f | wc -l) addenda"
    for file in all/*; do
        run 3 cert verify --key public.pem "$file"
        result=$(jq -r '.addendum.result | gsub("-"; " ")' "$file")
        [ "$(head -1 out)" = "addendum: $result, records no erasure" ] || fail "$file: $(cat out)"
    done
    /usr/bin/python3 "$SOURCE/tests/py/documents.py" schema all/* >/dev/null ||
        fail 'an addendum does not follow its schema'
    /usr/bin/python3 "$SOURCE/tests/py/documents.py" verify public.pem all/* >/dev/null ||
        fail 'jwcrypto: a signature'
    node "$SOURCE/tests/js/verify.mjs" public.pem all/* >/dev/null || fail 'jose: a signature'
    jq '.addendum.reason += "!"' all/aa.addendum.json >forged.json
    run 1 cert verify --key public.pem forged.json
}
