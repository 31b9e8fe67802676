# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# Sourced by the tests that boot the machine: boots it by ./demo, relays the results that dom0's script reports, and looks
# for what must not be in the log. PARVIS_DEMO_OPTIONS has more options for each boot, such as another hypervisor. A test
# program's argument is a prefix for its results' names.

root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
build=${PARVIS_BUILD:-$root/build}
logs=${PARVIS_LOGS:-$build/logs}
full=${PARVIS_FULL:-}
test_name=${1:-}${0##*/}
log='' status=0 failures=0 extra=''
# Linux runs with all CPUs in one thread of QEMU (docs/testing.md, "What the emulator does wrong"). Tests that are about
# CPUs side by side say accel=tcg; a first domain of guest-lib needs not.
accel=tcg,thread=single
mkdir -p "$logs"

# What neither the hypervisor nor a kernel may say in a boot where nothing goes wrong.
bad_words='BUG:|kernel BUG|Oops|WARNING:|Bad page|Call Trace|rcu.*stalls? |soft lockup|general protection|Kernel panic'
bad_words+='|[Aa]ssertion|PANIC|hypervisor error'

ok() {
    echo "ok $test_name/$1"
}

fail() {
    echo "FAIL $test_name/$1: $2"
    failures=$((failures + 1))
}

skip() {
    echo "skip $test_name/$1: $2"
}

# expect NAME WHY COMMAND...: passes when the command succeeds.
expect() {
    if "${@:3}"; then
        ok "$1"
    else
        fail "$1" "$2"
    fi
}

# logged PATTERN: whether the last boot's log has it.
logged() {
    tr -d '\r\0' < "$log" | grep -qaE -- "$1"
}

# run_demo NAME OPTION...: boots, and leaves demo's exit status in `status` and the serial log's path in `log`.
run_demo() {
    local options chosen=$accel
    [[ " $* " != *" --first "* ]] || chosen=tcg
    log=$logs/$test_name-$1.serial
    rm -f "$log"
    status=0
    read -ra options <<< "${PARVIS_DEMO_OPTIONS:-}"
    "$root/demo" --quiet --log "$log" --results "$logs/$test_name-$1.port" --accel "$chosen" "${options[@]}" "${@:2}" || status=$?
}

# relay NAME: the results that dom0's script wrote to the second serial port. One that it announced as the last must be
# there, so that a script that stops in the middle has not passed.
relay() {
    local line results=$logs/$test_name-$1.port
    while read -r line; do
        case $line in
        ok\ * | FAIL\ * | skip\ *) echo "${line%% *} $test_name/$1/${line#* }" ;;
        esac
        case $line in
        FAIL\ *) failures=$((failures + 1)) ;;
        esac
    done < <(tr -d '\r\0' < "$results")
    expect "$1/whole" "the script did not come to its end" grep -qa '^end' "$results"
}

# bad_line [KNOWN]: the log's first line with a bad word that does not match KNOWN.
bad_line() {
    tr -d '\r\0' < "$log" | grep -aE -- "$bad_words" | grep -avE -- "${1:-^$}" | head -n 1
}

# expect_clean NAME [KNOWN]: the log has none of the bad words, but in lines that match KNOWN.
expect_clean() {
    local found
    found=$(bad_line "${2:-}")
    expect "$1/log" "the log has: $found" [ -z "$found" ]
}

# run_dom0 NAME SCRIPT OPTION...: boots dom0 with a script of tests/system/dom0.
run_dom0() {
    run_demo "$1" --add "$root/tests/system/dom0" --run "$root/tests/system/dom0/test/$2" "${@:3}"
}

# judge_dom0 NAME [KNOWN]: relays the results of the last boot of dom0 and looks at its log, expect_clean.
judge_dom0() {
    relay "$1"
    expect "$1/status" "the exit status is $status" [ "$status" = 0 ]
    expect_clean "$@"
}

# boot_dom0 NAME SCRIPT OPTION...: both.
boot_dom0() {
    run_dom0 "$@"
    judge_dom0 "$1"
}

# relay_outcomes NAME FILE: the outcomes of guest tests in a console's log, lines "TEST NAME: OUTCOME [REASON]", as
# results of ours.
relay_outcomes() {
    local test outcome
    while IFS=: read -r test outcome; do
        case ${outcome# } in
        success*) ok "$1/$test" ;;
        skip*) skip "$1/$test" "${outcome# skip }" ;;
        error* | failure*) fail "$1/$test" "${outcome# }" ;;
        esac
    done < <(tr -d '\r\0' < "$2" | sed -n 's/^.*TEST \([a-z0-9_-]*: .*\)$/\1/p')
}

# guest_tests: the folder in `extra` adds the guest tests to dom0, and their list, /test/guest-tests.list.
guest_tests() {
    extra=$build/tests/system/guest-tests
    mkdir -p "$extra/test"
    local kind name image
    while read -r kind name image; do
        case $kind in
        all | alone | crash) cp "$image" "$extra/test/$name.elf" ;;
        esac
    done < "$build/tests/guest/guest-tests.list"
    cp "$build/tests/guest/guest-tests.list" "$extra/test/"
}

# tiny_guest: the folder in `extra` adds guest-lib's smallest guest to dom0, as /test/hello.elf.
tiny_guest() {
    extra=$build/tests/system/tiny
    mkdir -p "$extra/test"
    cp "$build/guest-lib/hello.elf" "$extra/test/"
}

# device_guest MODULE...: the folder in `extra` adds to dom0 the programs of ext4 and /test/guest-more.cpio.gz, which
# follows the guest's initial ramdisk: the scripts of tests/system/guest and these modules of Debian's kernel.
device_guest() {
    # shellcheck source=tests/lib/shell.sh
    . "$root/tests/lib/shell.sh"
    # shellcheck source=dom0-tools/image/image.sh
    . "$root/dom0-tools/image/image.sh"
    local dir modules
    install_missing mke2fs:e2fsprogs cpio:cpio modinfo:kmod
    # The kernel may still have to be fetched.
    modules=$(find "$cache/debian/lib/modules" -mindepth 1 -maxdepth 1 2>/dev/null | head -n 1)
    [ -n "$modules" ] || "$root/demo" --dry-run --batch >/dev/null
    modules=$(find "$cache/debian/lib/modules" -mindepth 1 -maxdepth 1 | head -n 1)
    extra=$build/tests/system/devices-$test_name
    rm -rf "$extra"
    mkdir -p "$extra/test"
    image_program "$extra" "$(command -v mke2fs)" /usr/sbin/mke2fs
    image_program "$extra" "$(command -v e2fsck)" /usr/sbin/e2fsck
    dir=$(mktemp -d)
    cp -r "$root/tests/system/guest/." "$dir"
    image_add_modules "$dir" "${image_frontends[@]}" "$@"
    image_pack "$dir" | gzip -9n > "$extra/test/guest-more.cpio.gz"
    rm -rf "$dir"
}

# The exit status of a test that ends here.
finish() {
    [ "$failures" = 0 ]
    exit
}
