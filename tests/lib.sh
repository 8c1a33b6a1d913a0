# SPDX-License-Identifier: Apache-2.0
# What test scripts share. Sourced by run-test with `set -euo pipefail`, in the script's scratch folder.

fail() { echo "FAIL: $*" >&2; exit 1; }

# unwrite ARG...: the program with the scratch folder's state and no configuration of this machine's.
unwrite() { "$UNWRITE" "$@"; }

# run CODE ARG...: runs the program, wants this exit code; output stays in out and err.
run() {
    local want=$1 got=0
    shift
    unwrite "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$want" ] || fail "unwrite $*: exit $got, wanted $want; stderr: $(cat err)"
}

# one_line_error [PATTERN]: stderr of the last run is one line that starts "unwrite: " and matches PATTERN.
one_line_error() {
    [ "$(wc -l <err)" = 1 ] || fail "stderr is not one line: $(cat err)"
    grep -q '^unwrite: ' err || fail "stderr does not name the program: $(cat err)"
    [ $# = 0 ] || grep -qE -- "$1" err || fail "stderr does not say '$1': $(cat err)"
}

# attach FILE [LOSETUP OPTION...]: prints the loop device.
attach() { local file=$1; shift; losetup --find --show "$@" "$scratch/$file"; }
