# SPDX-License-Identifier: Apache-2.0
# In the guest: erases the drives of a choice (see ../lies.sh), those of a method in one run, six at a time: more of them
# would only wait for the emulated processor. Drives that stall have runs apart, which a signal ends when all others have
# ended, and those that do not answer have one each, for they hold up what is beside them.

# groups: of the choice, on stdin, a line for each drive: "NAME GROUP METHOD".
groups() {
    awk -F'\t' -v OFS='\t' '
        $2 ~ /hangs|times out/ {print $1, "waits." $1, $3; next}
        {print $1, ($4 == "stalled" ? "waits." : "run.") $3, $3}'
}

# serial NAME: what --confirm takes. The models of a kind are numbered; a plan would ask each drive all that an erase asks
# again.
serial() {
    local kind=MODEL names=$nvme_drives name number=1
    if [[ " $scsi_drives " == *" $1 "* ]]; then
        kind=ATAMODEL
        names=$scsi_drives
    fi
    for name in $names; do
        [ "$name" != "$1" ] || break
        number=$((number + 1))
    done
    printf '%s%06d' "$kind" "$number"
}

# targets NAME GROUP METHOD: a line for each namespace, "DEVICE NAME GROUP METHOD CONFIRMED". Where there are several, a
# serial number names none of them.
targets() {
    local device=${device_of[$1.1]} second=${device_of[$1.2]:-} id
    if [ -z "$second" ]; then
        printf '%s\t%s\t%s\t%s\t%s\n' "$device" "$@" "$(serial "$1")"
        return
    fi
    for device in "$device" "$second"; do
        id=$(id_of "$device")
        printf '%s\t%s\t%s\t%s\t%s\n' "$device" "$@" "$id"
    done
}

# erase_group GROUP: its exit code is in status.GROUP.
erase_group() {
    local group=$1 device of with method id options=(--jobs 6) targets=() status=0
    while IFS=$'\t' read -r device _ of with id; do
        [ "$of" = "$group" ] || continue
        targets+=("$device")
        options+=(--confirm "$id")
        method=$with
    done <devices
    [ "$method" != opal-psid-revert ] || options+=(--psid-file /tmp/psids)
    "$UNWRITE" erase --certificates certificates --key key.pem --state "state.$group" --level clear \
        --method "$method" --events "events.$group" "${options[@]}" -- "${targets[@]}" >"out.$group" 2>"err.$group" </dev/null &
    echo "$!" >"pid.$group"
    wait "$!" || status=$?
    echo "$status" >"status.$group"
    say "$group has ended: $status"
}

# is_decided GROUP: it has ended, or the erase of each of its drives has begun.
is_decided() {
    [ ! -e "status.$1" ] || return 0
    [ -e "events.$1" ] && [ "$(grep -c '"step-started"' "events.$1")" -ge "$(cut -f3 devices | grep -cxF -- "$1")" ]
}

# end_group GROUP
end_group() {
    until_true 900 is_decided "$1"
    [ -e "status.$1" ] || kill -TERM "$(cat "pid.$1")"
}

erase_lies() {
    local name rest group groups waiting=()
    while IFS=$'\t' read -r name rest; do
        # shellcheck disable=SC2086 # two words
        targets "$name" $rest
        echo "$(serial "$name") PSID0123456789ABCDEFGHIJKLMNOPQR" >>/tmp/psids
    done < <(groups <lies) >devices
    mapfile -t groups < <(cut -f3 devices | sort -u)
    for group in "${groups[@]}"; do
        erase_group "$group" &
        [[ $group != run* ]] || waiting+=($!)
    done
    wait "${waiting[@]}"
    for group in "${groups[@]}"; do [[ $group == run* ]] || end_group "$group"; done
    # Not the door of the drives, which serves them to the end.
    for group in "${groups[@]}"; do until_true 120 test -e "status.$group"; done
}
