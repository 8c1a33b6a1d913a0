# SPDX-License-Identifier: Apache-2.0
# What jobs in the guest share, on top of tests/lib.sh. The working folder is the one shared with the host.

# say WORD...: a line of its own on the console, for power_cut_at.
say() { printf '\n%s\n' "$*" >/dev/console; }

# until_true SECONDS COMMAND...: as wait_for, but seldom: an emulated processor has better things to do.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "waited in vain for: $*"
        sleep 0.3
    done
}

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
    until_true 600 disks_are_there "$drives"
    udevadm settle --timeout=600
}

# device SERIAL: its node, as udev knows it; of the first namespace if there are several.
device() {
    lsblk --nodeps --noheadings --output PATH,SERIAL | awk -v want="$1" '$2 == want {print $1; found = 1; exit}
        END {exit !found}' || fail "no drive with the serial number $1: $(lsblk --nodeps --output PATH,SERIAL)"
}

# medium DEVICE: the digest of what stands on it, past the page cache.
medium() { dd if="$1" bs=1M iflag=direct status=none | sha256sum; }

# refused CODE PATTERN TARGET [OPTION...]: exit 4 with a reason, a certificate that says so, and not a byte changed. The
# documents go to the folder refused.
refused() {
    local code=$1 pattern=$2 target=$3 before c
    shift 3
    before=$(medium "$target")
    rm -rf certificates
    erase 4 "$@" -- "$target"
    one_line_error "$pattern"
    grep -qF "$target" err || fail "stderr does not name $target: $(cat err)"
    c=$(certificate "$target")
    [ -z "$(find certificates -name '*.intent.json')" ] || fail "$code: there is an intent"
    certifies "$c" '.verdict == "refused"' ".authority.refusal.code == \"$code\"" '.steps == []' '.claim.level == "none"'
    run 4 plan --level clear "$target"
    grep -qE "$pattern" out || fail "plan does not say why: $(cat out)"
    [ "$(medium "$target")" = "$before" ] || fail "$code: $target was changed"
    mkdir -p refused
    mv certificates/* refused
    echo "refused: $target, $code"
}

# until_event PATTERN: the events of a run in the background have a line like this.
until_event() { until_true 900 grep -qsE -- "$1" events; }

# null_device NAME ATTRIBUTE=VALUE...: a drive of the kernel's null_blk; prints the device, which has the name of its folder.
null_device() {
    local folder=/sys/kernel/config/nullb/$1 pair
    if [ ! -d "${folder%/*}" ]; then
        modprobe null_blk nr_devices=0
        mount -t configfs configfs /sys/kernel/config
    fi
    mkdir "$folder"
    for pair in "${@:2}"; do echo "${pair#*=}" >"$folder/${pair%%=*}"; done
    echo 1 >"$folder/power"
    udevadm settle
    echo "/dev/$1"
}
