# SPDX-License-Identifier: Apache-2.0
# Lies of tests/model through the kernel, each by one erase on which it tells: none of these drives comes out
# sanitized. Sourced after doors.sh.

# choose KIND...: a line for each lie, "NAME KIND:ROW METHOD VERDICT" with tabs between: of the erases that it is about the
# first for which the table wants no success. Lies that no host can see are none of these, nor those that do no harm.
choose() {
    "$BUILD/tests/drives" list | awk -F'\t' -v kinds=" $* " '
        {kind = lie = $1; sub(/:.*/, "", kind); sub(/: [^:]*$/, "", lie)}
        index(kinds, " " kind " ") && $6 != 0 && !seen[lie]++ {printf "d%d\t%s\t%s\t%s\n", ++count, $1, $2, $5}'
}

job_has_ended() { [ -s share/status ] || ! running; }

# erase_lies LEAST KIND...: there are so many of them at least.
erase_lies() {
    local least=$1 words
    shift
    choose "$@" >lies
    [ "$(wc -l <lies)" -ge "$least" ] || fail "$(wc -l <lies) lies"
    mapfile -t words < <(awk -F'\t' '{print $1 "=" $2}' lies)
    start_drives 10 "${words[@]}"
    (cd share && make_key)
    cp lies share
    cp "$SOURCE/tests/vm/guest/lies.sh" guest/tests/vm/guest
    guest_memory=2048
    boot <<'JOB'
. /tests/vm/guest/doors.sh
. /tests/vm/guest/lies.sh
open_doors
erase_lies
JOB
    # Drives that do not answer hold up a kernel that goes down, so its power is taken, where it still has any.
    wait_for 1800 job_has_ended
    kill -KILL "$qemu" 2>/dev/null || true
    wait "$qemu" || true
    [ -s share/status ] || vm_fail "the machine ended before the job: $(cat "qemu.$boots.log")"
    [ "$(cat share/status)" = 0 ] || vm_fail "the job: exit $(cat share/status)"
    check_lies
}

# Each has a certificate that holds, with no success in it, and no run ended well.
check_lies() {
    local status certificates=(share/certificates/*.certificate.json)
    for status in share/status.*; do
        [ "$(cat "$status")" != 0 ] || fail "$status: exit 0"
        [ "$(cat "$status")" -lt 128 ] || fail "$status: $(cat "$status")"
    done
    # In the order of what is in the table: "ROW VERDICT WHY".
    jq -r '.certificate | [.medium.device, .verdict, .claim.statement] | @tsv' "${certificates[@]}" | sort >told
    join -t$'\t' -o 2.2,1.2,1.3 told <(sort share/devices) | sort -u | join -t$'\t' -o 2.2,1.2,1.3 - <(sort lies) | sort | tee outcomes
    [ "${#certificates[@]}" = "$(wc -l <share/devices)" ] || fail "${#certificates[@]} certificates for $(wc -l <share/devices) devices"
    [ "$(cut -f1 outcomes | sort -u | wc -l)" = "$(wc -l <lies)" ] || fail "not every drive has a certificate"
    ! cut -f2 outcomes | grep sanitized || fail "a drive that lies came out sanitized"
    # Each came out as in process, but for those whose run a signal ended: its exit code says so.
    while IFS=$'\t' read -r _ name group _; do echo "$name $(cat "share/status.$group")"; done <share/devices | sort -u >codes
    awk -F'\t' -v OFS='\t' 'NR == FNR {split($0, word, " "); code[word[1]] = word[2]; next}
        {print $2, code[$1] == 5 ? "aborted" : $4}' codes lies | sort >expected
    cut -f1,2 outcomes | sort -u | diff expected - >&2 || fail "other verdicts than in process"
    run 3 cert verify --key share/public.pem "${certificates[@]}"
    [ "$(grep -c 'it records no erase' err)" = "${#certificates[@]}" ] || fail "a certificate does not hold: $(cat err)"
}
