# SPDX-License-Identifier: Apache-2.0
# What scripts share that kill an erase. Sourced by them, behind tests/lib.sh.

# disks COUNT SIZE: so many loop devices, `loop`, full of markers as the file `disk` is; `confirm`: what
# allows an erase of them. Everything lies in memory: hundreds of runs wait for nothing.
disks() {
    local n
    in_ram
    cd ram
    scratch=$PWD
    here=(--state "$scratch/state" --certificates "$scratch/certificates" --key "$scratch/key.pem")
    make_key
    head -c "$2" < <(yes "$marker") >disk
    loop=() confirm=()
    for ((n = 1; n <= $1; n++)); do
        cp disk $n.img
        loop[n]=$(attach $n.img)
        confirm+=(--confirm "$(id_of "${loop[n]}")")
    done
}

# free DEVICE: nobody holds it exclusively. The kernel takes the ring of a killed process down when it finds
# the time; until then the device is in use.
free() { perl -MFcntl -e 'sysopen(my $device, $ARGV[0], O_RDONLY | O_EXCL) or exit 1' "$1"; }

# fresh COUNT: so many disks as they were, free, no documents.
fresh() {
    local n
    for ((n = 1; n <= $1; n++)); do
        wait_for 10 free "${loop[n]}"
        dd if=disk of=$n.img bs=1M conv=notrunc status=none
    done
    rm -rf state certificates
}

# eraser TARGET...: becomes an erase of three passes, with the environment `around`.
around=()
eraser() {
    exec env ${around[@]+"${around[@]}"} "$UNWRITE" erase --level clear --standard dod-5220.22-m "${here[@]}" "${confirm[@]}" -- "$@" \
        >out 2>err </dev/null
}

# left_behind DRIVES: looks at what a killed run left: whole documents, and an intent before the first byte
# was changed. Sets `run`, its id, `stored`, its certificates, `last`, the last event in the journal.
left_behind() {
    local n
    run=
    [ ! -d state/journal ] || run=$(basename -s .jsonl state/journal/*)
    last=nothing
    # The kernel may end a killed process's write at any page, so the last line may be half a line.
    [ ! -s "state/journal/$run.jsonl" ] || last=$(tail -n1 state/journal/* | jq -r .event 2>/dev/null) ||
        last=half-a-line
    mkdir -p certificates
    stored=$(find certificates -name '*.certificate.json' -printf 'certificates/%f ')
    find certificates -name '*.json' -exec jq empty {} + || fail "$moment: half a document"
    find certificates -name '*.json' -exec sha256sum {} + >before
    for ((n = 1; n <= $1; n++)); do
        cmp -s disk $n.img || grep -q intent.json before || fail "$moment: touched without an intent"
    done
}

# What must be true of the documents after the next start. $run: the run that was killed; $stored: names of
# the certificates that stood there when it was; $drives: how many drives it had.
truth='
    def ours($kind): [.[] | select(.kind == $kind and .run == $run)];
    ours("intent") as $intents | ours("certificate") as $certificates | [
        ($certificates | length == $drives or ($intents == [] and length < $drives)),
        ($certificates | map(.medium.device) | unique | length) == ($certificates | length),
        ($intents | length <= $drives),
        all($intents[]; .medium.device as $device |
            [$certificates[] | select(.medium.device == $device)] | length == 1),
        all($certificates[]; . as $c | if $stored | index($c.file) then $c.verdict == "sanitized"
            else $c.verdict == "aborted" and $c.claim.level == "none" and
                ($c.exceptions | map(.code)) == ["recovered"] end),
        all($certificates[]; .steps == [] or .intent_sha256 != null),
        all($certificates[]; .steps | length <= 1)
    ]'

# told DRIVES: the truth about the killed run.
told() {
    local wrong
    [ -n "$(ls certificates)" ] || return 0
    wrong=$(jq -n -c --arg run "$run" --arg stored "$stored" --argjson drives "$1" "
        [inputs | (.intent // .certificate) + {file: input_filename}] | $truth | map(not) | indices(true)" certificates/*.json)
    [ "$wrong" = '[]' ] ||
        fail "$moment: not true: number $wrong of \$truth; the journal: $(cut -c1-300 state/journal/"$run"*)"
}

# nothing_left: every document that stood there is unchanged, and a second recovery finds nothing.
nothing_left() {
    [ ! -s before ] || sha256sum --quiet --check before || fail "$moment: a document was changed"
    ls -A certificates >names
    run 0 cert recover "${here[@]}"
    [ "$(cat out)" = 'no run broke off' ] || fail "$moment: a second recovery: $(cat out)"
    ls -A certificates | cmp - names || fail "$moment: a second recovery made documents"
}

# gather: moves the documents to the folder all, lists other files in `leftovers`.
gather() {
    mkdir -p all
    find certificates -name '.*' -type f >>leftovers
    ! grep -q json names || mv certificates/*.json all
}

# all_told: about all that was gathered.
all_told() {
    local c
    [ ! -s leftovers ] ||
        fail "temporary files are left for ever: $(wc -l <leftovers), such as $(head -1 leftovers)"
    check_documents all
    for c in all/*.certificate.json; do
        [ "$(jq -r .certificate.verdict "$c")" != aborted ] || run 3 cert verify --key public.pem "$c"
    done
    run 3 cert verify --key public.pem "$(find all -name '*.intent.json' -print -quit)"
}

# The rest is for scripts that break off the journal of a run by hand.

# whole_run: one of two drives that came to its end. Its journal is `whole`, its documents are in the folders
# intents and certified.
whole_run() {
    disks 2 2M
    (eraser "${loop[@]}") || fail "the erase: $(cat err)"
    mv state/journal/*.jsonl whole
    run=$(jq -r 'select(.event == "run-started").data.run' whole)
    mkdir intents certified
    mv certificates/*.intent.json intents
    mv certificates/*.json certified
}
line_of() { jq -r .event whole | awk -v event="$1" '$0 == event && !found {found = NR} END {print found}'; }

# broken: a state with the journal on standard input, and the intents of its run, if it had come that far.
broken() {
    rm -rf state certificates
    mkdir -p state/journal certificates
    cat >"state/journal/$run.jsonl"
    [ "$(grep -c '"event":"plan-made"' state/journal/*)" -lt 2 ] || cp intents/* certificates
}

# recovers COUNT: so many certificates are made, for all that was left the truth holds, a second recovery
# finds nothing.
recovers() {
    left_behind 0
    run 0 cert recover "${here[@]}"
    [ "$(find certificates -name '*.certificate.json' | wc -l)" = $(($1 + $(wc -w <<<"$stored"))) ] ||
        fail "$moment: not $1: $(cat out)"
    [ "$1" = 0 ] || told 2
    nothing_left
    gather
}
