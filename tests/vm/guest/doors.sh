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

# look: which drives are devices by now: device_of[NAME.NSID], and device_of[NAME] with any of its namespaces. An emulated
# processor is slow to start a process: this starts none.
declare -A device_of
look() {
    local folder name number
    device_of=()
    for folder in /sys/block/nvme*n*; do
        # A path of several to the same namespace is no device.
        [ -b "/dev/${folder##*/}" ] && read -r name <"$folder/device/subsysnqn" && read -r number <"$folder/nsid" || continue
        device_of[${name##*:}]=/dev/${folder##*/}
        device_of[${name##*:}.$number]=/dev/${folder##*/}
    done 2>/dev/null
    [ -e /tmp/tcmu-door ] || return 0
    while read -r name folder; do
        [ -b "/dev/$folder" ] && read -r number <"/sys/block/$folder/size" && [ "$number" -gt 0 ] || continue
        device_of[$name]=/dev/$folder
        device_of[$name.1]=/dev/$folder
    done </tmp/tcmu-door 2>/dev/null
}

node() { echo "${device_of[$1.${2:-1}]:?drive $1 is no device}"; }

all_there() {
    local name
    look
    for name in $scsi_drives $nvme_drives; do [ -n "${device_of[$name]:-}" ] || return 1; done
}

open_doors() {
    local name
    modprobe --all target_core_user tcm_loop nvme_tcp
    if [ -n "$scsi_drives" ]; then
        # shellcheck disable=SC2086 # a list of names
        tcmu-door 10.0.2.2 "$scsi_port" $scsi_drives >/tmp/tcmu-door 2>/dev/console &
        until_true 900 ready
    fi
    for name in $nvme_drives; do connect "$name"; done
    until_true 900 all_there
    udevadm settle
    say doors are open
}

# erase_all CODE [OPTION...] -- DEVICE...: as erase of tests/lib.sh, with one plan for all of them, which stays in
# plan.json. What plans are made of besides, as a file of PSIDs, is in plan_options.
plan_options=()
erase_all() {
    local want=$1 id options=(--level clear "${plan_options[@]}")
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    "$UNWRITE" plan --level clear "${plan_options[@]}" --json "$@" >plan.json || true
    while IFS= read -r id; do options+=(--confirm "$id"); done < <(jq -r '.plans[].id' plan.json)
    run "$want" erase "${here[@]}" "${options[@]}" -- "$@"
}
