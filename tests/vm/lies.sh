# SPDX-License-Identifier: Apache-2.0
# Lies of tests/model through the kernel, each by one erase on which it tells: none of these drives comes out
# sanitized. Sourced after doors.sh.

# choose KIND PART PARTS: a line for each lie, "NAME KIND:ROW METHOD VERDICT" with tabs between: of the erases that it is
# about the first for which the table wants no success. Lies that no host can see are none of these, nor those that do no
# harm; of the rest each so many-th.
choose() {
    "$BUILD/tests/drives" list | awk -F'\t' -v kind="$1" -v part="$2" -v parts="$3" '
        index($1, kind ":") == 1 && $6 != 0 {
            lie = $1
            sub(/: [^:]*$/, "", lie)
            if (!seen[lie]++ && all++ % parts == part)
                printf "d%d\t%s\t%s\t%s\n", ++count, $1, $2, $5
        }'
}

# erase_lies KIND PART PARTS
erase_lies() {
    local words
    choose "$@" >lies
    [ "$(wc -l <lies)" -gt 10 ] || fail "$(wc -l <lies) lies"
    mapfile -t words < <(awk -F'\t' '{print $1 "=" $2}' lies)
    start_drives 10 "${words[@]}"
    (cd share && make_key)
    cp lies share
    cp "$SOURCE/tests/vm/guest/lies.sh" guest/tests/vm/guest
    guest_memory=1024
    boot <<'JOB'
. /tests/vm/guest/doors.sh
. /tests/vm/guest/lies.sh
open_doors
erase_lies
JOB
    finish 1800
    check_lies
}

# Each has a certificate that holds, with no success in it, and no run ended well.
check_lies() {
    local status certificates=(share/certificates/*.certificate.json)
    for status in share/status.*; do
        [ "$(cat "$status")" != 0 ] || fail "$status: exit 0"
        [ "$(cat "$status")" -lt 128 ] || fail "$status: $(cat "$status")"
    done
    jq -r '.certificate | [.medium.device, .verdict, .claim.statement] | @tsv' "${certificates[@]}" | sort >told
    join -t$'\t' -o 2.4,1.2,1.3 told <(sort share/devices) | tee outcomes
    [ "$(wc -l <outcomes)" = "$(wc -l <lies)" ] || fail "$(wc -l <outcomes) certificates for $(wc -l <lies) drives"
    ! cut -f2 outcomes | grep sanitized || fail "a drive that lies came out sanitized"
    # Each came out as in process, but for those that a signal ended.
    awk -F'\t' -v OFS='\t' '{print $2, $2 ~ /:stands/ ? "aborted" : $4}' lies | sort >expected
    cut -f1,2 outcomes | sort | diff expected - >&2 || fail "other verdicts than in process"
    run 3 cert verify --key share/public.pem "${certificates[@]}"
    [ "$(grep -c 'it records no erase' err)" = "${#certificates[@]}" ] || fail "a certificate does not hold: $(cat err)"
}
