# SPDX-License-Identifier: Apache-2.0
# In the guest: the drives that `drives` has on the host become devices.
#
#   open_doors          all of them
#   node NAME [NSID]    the device
#   erase_all CODE [OPTION...] -- DEVICE...

. /doors

nqn_of() { echo "nqn.2026-01.org.unwrite.test:$1"; }

# connect NAME: fails where the kernel does not take the drive.
connect() {
    printf '%s' "nqn=$(nqn_of "$1"),transport=tcp,traddr=10.0.2.2,trsvcid=$nvme_port,nr_io_queues=1" \
        ",keep_alive_tmo=60,reconnect_delay=1,ctrl_loss_tmo=${ctrl_loss_tmo:-10}" \
        ",hostnqn=nqn.2026-01.org.unwrite.test:host,hostid=6d6f6465-6c20-4f66-2d74-657374732e2e" >/tmp/connect
    cat /tmp/connect >/dev/nvme-fabrics
}

ready() { grep -q '^ready$' /tmp/tcmu-door; }

# nodes NAME: its namespaces' devices, however many.
nodes() {
    local file
    for file in /sys/block/nvme*n*/device/subsysnqn; do
        [ -e "$file" ] && [ "$(cat "$file")" = "$(nqn_of "$1")" ] || continue
        file=${file%/device/subsysnqn}
        # A path of several to the same namespace is no device.
        [ -e "/dev/${file##*/}" ] && echo "/dev/${file##*/}"
    done
}

node() {
    local found
    if [[ " $scsi_drives " == *" $1 "* ]]; then
        found=$(awk -v name="$1" '$1 == name && $2 != "-" {print "/dev/" $2}' /tmp/tcmu-door)
    else
        found=$(for node in $(nodes "$1"); do
            [ "$(cat "/sys/block/${node#/dev/}/nsid")" = "${2:-1}" ] && echo "$node"
        done || true)
    fi
    [ -n "$found" ] || fail "drive $1 is no device"
    echo "$found"
}

is_there() { [ -b "$1" ] && [ "$(blockdev --getsize64 "$1")" -gt 0 ]; }

all_there() {
    local name
    for name in $scsi_drives; do is_there "$(node "$name")" || return 1; done 2>/dev/null
    for name in $nvme_drives; do [ -n "$(nodes "$name")" ] || return 1; done
}

open_doors() {
    local name
    modprobe --all target_core_user tcm_loop nvme_tcp
    if [ -n "$scsi_drives" ]; then
        # shellcheck disable=SC2086 # a list of names
        tcmu-door 10.0.2.2 "$scsi_port" $scsi_drives >/tmp/tcmu-door 2>/dev/console &
        wait_for 400 ready
    fi
    for name in $nvme_drives; do connect "$name"; done
    wait_for 400 all_there
    udevadm settle
    say doors are open
}

# erase_all CODE [OPTION...] -- DEVICE...: as erase of tests/lib.sh, with one plan for all of them, which stays in
# plan.json.
erase_all() {
    local want=$1 id options=(--level clear)
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    "$UNWRITE" plan --level clear --json "$@" >plan.json || true
    while IFS= read -r id; do options+=(--confirm "$id"); done < <(jq -r '.plans[].id' plan.json)
    run "$want" erase "${here[@]}" "${options[@]}" -- "$@"
}
