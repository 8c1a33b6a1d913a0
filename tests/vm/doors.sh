# SPDX-License-Identifier: Apache-2.0
# Scenarios with the drives of tests/model behind doors that the guest's kernel opens. Sourced after lib.sh.
#
#   start_drives SPEED NAME=KIND:ROW [+KEY=VALUE...]...   see drives.c; their clock runs SPEED times as fast
#   old NAME [PLACE]                                      how many of the planted blocks still stand on the medium
#   until_drive "NAME half sanitize"                      waits for what happens inside of a drive
#   cut_power "NAME half sanitize"                        the same, and then kills the machine
#
# QEMU's process is the drives' power: they live through its end as drives do, and lose what drives lose.

doors_modules="target_core_user tcm_loop nvme_tcp"

start_drives() {
    local speed=$1 word name kind
    local -A of=([nvme]="" [scsi]="")
    shift
    mkdir media
    mkfifo orders
    exec {orders}<>orders
    [ -c /dev/net/tun ] || skip no-tap
    unshare --net bash -c 'ip tuntap add dev tap0 mode tap && ip address add 10.0.2.2/24 dev tap0 && ip link set tap0 up &&
        exec "$@"' drives "$BUILD/tests/drives" "$scratch/media" "$speed" "$scratch/power" "$@" <orders >drives.log 2>&1 &
    echo $! >drives.pid
    wait_for 30 grep -qs '^ports ' drives.log
    for word; do
        [[ $word != +* ]] || continue
        name=${word%%=*}
        kind=${word#*=}
        [[ $kind == nvme* ]] && of[nvme]+=" $name" || of[scsi]+=" $name"
    done
    network "$(cat drives.pid)"
    machine+=(-chardev "socket,id=power,path=$scratch/power")
    guest_file "$BUILD/tests/tcmu-door" /usr/bin/tcmu-door
    # shellcheck disable=SC2086 # a list of words
    guest_module $doors_modules
    cp "$SOURCE/tests/vm/guest/doors.sh" guest/tests/vm/guest
    {
        awk '$1 == "ports" {print "nvme_port=" $2; print "scsi_port=" $3}' drives.log
        echo "nvme_drives='${of[nvme]}'"
        echo "scsi_drives='${of[scsi]}'"
    } >guest/doors
}

# order WORD...: see drives.c.
order() { echo "$*" >&"$orders"; }

old() { { grep --text --only-matching OldData: "media/$1.${2:-0}" || true; } | wc -l; }

happened() { grep -qxF -- "$1" drives.log; }

until_drive() {
    local end=$((SECONDS + ${2:-240}))
    until happened "$1"; do
        running || vm_fail "the machine ended before '$1': $(cat drives.log)"
        [ "$SECONDS" -lt "$end" ] || vm_fail "no '$1': $(cat drives.log)"
        sleep 0.1
    done
}

cut_power() {
    until_drive "$@"
    kill -KILL "$qemu"
    wait "$qemu" || true
    [ ! -e "$share/status" ] || vm_fail "the job had ended before the power was cut"
    wait_for 30 happened 'power off'
}
