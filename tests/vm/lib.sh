# SPDX-License-Identifier: Apache-2.0
# A virtual machine with Debian's stock kernel, real udev and the installed program. Sourced by tests/vm/*.test.
#
#   drive_nvme disk.img SERIAL          attaches an image of the scratch folder
#   boot <<'JOB' ... JOB                starts the guest; the job is bash with tests/lib.sh and tests/vm/guest/lib.sh
#   finish [SECONDS]                    until it is off; the job must have ended with 0
#   power_cut_at MARKER [SECONDS]       kills the machine when the marker stands on its console
#
# The job runs in the folder share, which both see: documents, keys and results lie there.

vm=$BUILD/vm
share=$scratch/share
guest_memory=512
machine=()   # QEMU options of this scenario
in_network=()
drives=0     # that the guest waits for
nodes=0
boots=0
qemu=
# The machine below may be too busy for what a kernel expects of a timer, and each look at another clock than the
# processor's own is an exit from emulated code.
patience="no_timer_check nowatchdog clocksource=tsc tsc=reliable"

# skip REASON: one of these, each counted by ctest as skipped. No reason counts in continuous integration.
skip() {
    case $1 in
    no-qemu | no-kernel-package | no-tap) ;;
    *) fail "no reason to skip: $1" ;;
    esac
    [ -z "${CI:-}" ] || fail "may not be skipped in CI: $1"
    echo "SKIP: $1"
    exit 77
}

# The guest.

prepare_machine() {
    command -v qemu-system-x86_64 >/dev/null || skip no-qemu
    local status=0
    mkdir -p "$vm"
    flock "$vm" "$SOURCE/tests/vm/kernel" "$vm/kernel" || status=$?
    [ "$status" != 77 ] || skip no-kernel-package
    [ "$status" = 0 ] || fail "no kernel"
    "$SOURCE/tests/vm/mkinitramfs" "$BUILD" || fail "no initramfs"
    mkdir -p "$share" guest/tests/vm/guest
    cp "$SOURCE/tests/vm/guest/init" guest/init
    cp "$SOURCE/tests/lib.sh" guest/tests
    cp "$SOURCE/tests/vm/guest/lib.sh" guest/tests/vm/guest
}

# guest_file HOSTPATH GUESTPATH: a file in the guest; a program brings its libraries.
guest_file() {
    mkdir -p "guest$(dirname "$2")"
    cp --dereference "$1" "guest$2"
    { ldd "$1" 2>/dev/null || true; } | { grep -o '/[^ :]*\.so[^ :]*' || true; } | sed 's,^/lib,/usr/lib,' | sort -u |
        xargs --no-run-if-empty cp --parents --dereference --target-directory guest
}

# guest_module NAME...: kernel modules that not every scenario has.
guest_module() {
    "$SOURCE/tests/vm/modules" "$vm/kernel" "$@" | (cd "$vm/kernel" && cpio --quiet -pdm "$scratch/guest/usr")
}

# network PID: the guest is 10.0.2.15, and that process is 10.0.2.2 in the network namespace that they have for themselves.
# (QEMU's own network asks every connection about each packet: with a hundred of them it comes to nothing else.)
network() {
    machine+=(-netdev tap,id=net,ifname=tap0,script=no,downscript=no -device virtio-net-pci,netdev=net,romfile=)
    in_network=(nsenter "--net=/proc/$1/ns/net")
}

# daemon NAME COMMAND...: a program of the host's for as long as the test runs, whatever happens to the guest; its
# process id in NAME.pid, what it says in NAME.log.
daemon() {
    local name=$1
    shift
    "$@" >"$name.log" 2>&1 </dev/null &
    echo $! >"$name.pid"
}

# Drives: FILE is an image in the scratch folder; more properties of the device follow.

# fill FILE MIB: an image full of markers.
fill() { head -c "$2M" < <(yes "$marker") >"$1"; }

# node FILE: a block node on the image, in $node. A write is on the image when the guest is told so: a killed QEMU
# loses nothing that it has acknowledged, and there is no need to wait for this machine's disk.
# `slow=KIB drive_...`: the drive writes so many KiB a second; erases inside it go in steps of a MiB.
# `write_error=SECTOR drive_...`: each write of that sector fails.
node() {
    local below="file.driver=file,file.filename=$scratch/$1"
    node=node$nodes
    nodes=$((nodes + 1))
    if [ -n "${slow:-}" ]; then
        machine+=(-object "throttle-group,id=slow$nodes,x-bps-write=$((slow * 1024))")
        below="file.driver=blkdebug,file.max-write-zero=1048576,file.image.driver=throttle,file.image.throttle-group=slow$nodes"
        below+=",file.image.file.driver=file,file.image.file.filename=$scratch/$1"
    elif [ -n "${write_error:-}" ]; then
        below="file.driver=blkdebug,file.inject-error.0.event=none,file.inject-error.0.iotype=write"
        below+=",file.inject-error.0.sector=$write_error,file.image.driver=file,file.image.filename=$scratch/$1"
    fi
    machine+=(-blockdev "driver=raw,node-name=$node,discard=unmap,cache.no-flush=on,$below")
}

# drive OPTIONS: one device that is a drive.
drive() {
    machine+=(-device "$1")
    drives=$((drives + 1))
}

ahci_ports=0
scsi_targets=0
usb=0
sd=0
# properties [NAME=VALUE...]: with a comma before each.
properties() { [ $# = 0 ] || printf ',%s' "$@"; }

# The board has six AHCI ports.
drive_ahci() {
    node "$1"
    drive "ide-hd,bus=ide.$ahci_ports,drive=$node,serial=$2$(properties "${@:3}")"
    ahci_ports=$((ahci_ports + 1))
}

drive_nvme() {
    node "$1"
    drive "nvme,drive=$node,serial=$2$(properties "${@:3}")"
}

# nvme_controller NAME SERIAL [PROPERTY...], then drive_namespace FILE NAME NSID [PROPERTY...].
nvme_controller() { machine+=(-device "nvme,id=$1,serial=$2$(properties "${@:3}")"); }
drive_namespace() {
    node "$1"
    drive "nvme-ns,bus=$2,drive=$node,nsid=$3$(properties "${@:4}")"
}

# The bus has a name that QEMU gives to none: those of USB drives are scsi.N.
drive_scsi() {
    [ $scsi_targets != 0 ] || machine+=(-device virtio-scsi-pci,id=targets)
    node "$1"
    drive "scsi-hd,bus=targets.0,scsi-id=$scsi_targets,drive=$node,serial=$2$(properties "${@:3}")"
    scsi_targets=$((scsi_targets + 1))
}

drive_virtio() {
    node "$1"
    drive "virtio-blk-pci,drive=$node,serial=$2$(properties "${@:3}")"
}

usb_controller() {
    [ $usb != 0 ] || machine+=(-device qemu-xhci,id=usb)
    usb=$((usb + 1))
}

drive_usb() {
    usb_controller
    node "$1"
    drive "usb-storage,bus=usb.0,drive=$node,serial=$2$(properties "${@:3}")"
}

drive_uas() {
    usb_controller
    node "$1"
    machine+=(-device "usb-uas,bus=usb.0,id=uas$usb,serial=$2")
    drive "scsi-hd,bus=uas$usb.0,drive=$node,serial=$2$(properties "${@:3}")"
}

# A card's size is a power of two; its serial number is QEMU's.
drive_sd() {
    node "$1"
    machine+=(-device "sdhci-pci,id=sdhci$sd")
    drive "sd-card,bus=sd-bus,drive=$node$(properties "${@:2}")"
    sd=$((sd + 1))
}

# A run of the machine.

console_tail() { tail -n 40 "$console" | tr -d '\r'; }

# vm_fail WORD...: with what the guest said last.
vm_fail() {
    kill -KILL "$qemu" 2>/dev/null || true
    console_tail >&2
    fail "$@"
}

# boot: reads the job, starts the machine. Again with the same drives after it has ended.
boot() {
    cat >guest/job
    echo "drives=$drives" >guest/machine
    boots=$((boots + 1))
    console=$scratch/console.$boots
    : >"$console"
    rm -f "$share/status"
    { cat "$vm/base.cpio" "$vm/program.cpio"; (cd guest && find . | cpio --quiet -o -H newc -R 0:0); } >initramfs
    "${in_network[@]}" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
        -machine q35 -accel tcg,thread=multi,tb-size=128 -cpu Westmere -smp "${guest_processors:-1}" -m "$guest_memory" \
        -kernel "$vm/kernel/image" -initrd initramfs \
        -append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off $patience ${guest_options:-}" \
        -chardev "file,id=console,path=$console" -serial chardev:console \
        -virtfs "local,path=$share,mount_tag=share,security_model=none,multidevs=remap" \
        "${machine[@]}" >"qemu.$boots.log" 2>&1 </dev/null &
    qemu=$!
}

running() { kill -0 "$qemu" 2>/dev/null; }
on_console() { tr -d '\r' <"$console" | grep -xF -- "$1" >/dev/null; }

# until_console MARKER [SECONDS]
until_console() {
    local end=$((SECONDS + ${2:-900}))
    until on_console "$1"; do
        # It may have been written a moment ago, as the last of all.
        running || on_console "$1" || vm_fail "the machine ended before '$1': $(cat "qemu.$boots.log")"
        [ "$SECONDS" -lt "$end" ] || vm_fail "no '$1' on the console in time"
        sleep 0.1
    done
}

power_cut_at() {
    until_console "$@"
    kill -KILL "$qemu"
    wait "$qemu" || true
    [ ! -e "$share/status" ] || vm_fail "the job had ended before the power was cut"
}

# until_off [SECONDS]: the job's exit status is in share/status.
until_off() {
    local end=$((SECONDS + ${1:-900}))
    while running; do
        [ "$SECONDS" -lt "$end" ] || vm_fail "the machine is not off in time"
        sleep 0.2
    done
    wait "$qemu" || vm_fail "QEMU: exit $?: $(cat "qemu.$boots.log")"
    [ -e "$share/status" ] || vm_fail "the job did not end"
}

finish() {
    until_off "$@"
    [ "$(cat "$share/status")" = 0 ] || vm_fail "the job: exit $(cat "$share/status")"
}

prepare_machine
