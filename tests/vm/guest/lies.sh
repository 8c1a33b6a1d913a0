# SPDX-License-Identifier: Apache-2.0
# In the guest: the drives of a choice (see ../lies.sh), six in a run, all runs at once. A drive that does not answer
# what it is asked before an erase holds up those beside it, so it has a run of its own; those whose progress stands are
# waited for by the hour, so theirs are runs apart, which a signal ends.

# groups: of the choice, on stdin, a line for each drive: "NAME GROUP METHOD ROW".
groups() {
    awk -F'\t' -v OFS='\t' '
        $2 ~ /:stands/ {print $1, "stands." $3, $3, $2; next}
        $2 ~ /(status|nop) hangs/ {print $1, "hangs." $1, $3, $2; next}
        {n = count[$3]++; print $1, "run" (n - n % 6) / 6 "." $3, $3, $2}'
}

# erase_group GROUP
erase_group() {
    local group=$1 method targets options
    mapfile -t targets < <(awk -F'\t' -v group="$group" '$2 == group {print $1}' devices)
    mapfile -t options < <(awk -F'\t' -v group="$group" '$2 == group {print "--confirm"; print $5}' devices)
    method=$(awk -F'\t' -v group="$group" '$2 == group {print $3; exit}' devices)
    exec "$UNWRITE" erase --certificates certificates --key key.pem --state "state.$group" --level clear \
        --method "$method" --events "events.$group" "${options[@]}" -- "${targets[@]}"
}

# serial NAME: what --confirm takes. The models are numbered; a plan would ask each drive all that an erase asks again.
serial() {
    local kind=MODEL
    [ -z "$scsi_drives" ] || kind=ATAMODEL
    printf '%s%06d' "$kind" "${1#d}"
}

# end_run GROUP: its exit code in status.GROUP.
end_run() {
    local status=0
    wait "$(cat "pid.$1")" || status=$?
    echo "$status" >"status.$1"
    say "$1 has ended: $status"
}

all_begun() { [ -e "events.$1" ] && [ "$(grep -c '"step-started"' "events.$1")" -ge "$(cut -f2 devices | grep -cxF -- "$1")" ]; }

erase_lies() {
    local name group rest
    groups <lies | while IFS=$'\t' read -r name group rest; do
        printf '%s\t%s\t%s\t%s\n' "${device_of[$name.1]}" "$group" "$rest" "$(serial "$name")"
    done >devices
    for group in $(cut -f2 devices | sort -u); do
        erase_group "$group" >"out.$group" 2>"err.$group" </dev/null &
        echo "$!" >"pid.$group"
    done
    for group in $(cut -f2 devices | sort -u); do [[ $group == stands.* ]] || end_run "$group"; done
    for group in $(cut -f2 devices | sort -u); do
        [[ $group == stands.* ]] || continue
        until_true 900 all_begun "$group"
        kill -TERM "$(cat "pid.$group")"
        end_run "$group"
    done
}
