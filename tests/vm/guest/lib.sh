# SPDX-License-Identifier: Apache-2.0
# What jobs in the guest share, on top of tests/lib.sh. The working folder is the one shared with the host.

# say WORD...: a line of its own on the console, for power_cut_at.
say() { printf '\n%s\n' "$*" >/dev/console; }

# disks: how many whole disks there are that have a size.
disks() { lsblk --nodeps --noheadings --bytes --output SIZE --exclude 7,11 | awk '$1 > 0' | wc -l; }

disks_are_there() { [ "$(disks)" -ge "$1" ]; }

# prepare: until every drive that the host has attached is there; USB comes late.
prepare() {
    . /machine
    if [ -e /sys/class/net/eth0 ]; then
        ip link set lo up
        ip link set eth0 up
        ip address add 10.0.2.15/24 dev eth0
    fi
    wait_for 120 disks_are_there "$drives"
    udevadm settle
}

# device SERIAL: its node, as udev knows it; of the first namespace if there are several.
device() {
    lsblk --nodeps --noheadings --output PATH,SERIAL | awk -v want="$1" '$2 == want {print $1; found = 1; exit}
        END {exit !found}' || fail "no drive with the serial number $1: $(lsblk --nodeps --output PATH,SERIAL)"
}
