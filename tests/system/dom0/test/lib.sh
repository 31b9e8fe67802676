# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Sourced by the scripts that dom0 runs for a test: results go to the second serial port, one a line, and to the console.
# A script ends with `end`; a failed check does not stop it.

failed_count=0

report() {
    echo "$1" > /dev/ttyS1
    echo "TEST $1"
}

ok() {
    report "ok $1"
}

fail() {
    report "FAIL $1: $(echo "$2" | tr '\n' ' ' | cut -c 1-500)"
    failed_count=$((failed_count + 1))
}

# check NAME COMMAND...: the command must succeed; what it says goes into the failure.
check() {
    check_name=$1
    shift
    if check_output=$("$@" 2>&1); then
        ok "$check_name"
    else
        fail "$check_name" "exit status $? of: $*; $check_output"
    fi
}

# check_is NAME WANTED GOT
check_is() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        fail "$1" "wanted '$2', got '$3'"
    fi
}

# check_refused NAME STATUS PATTERN COMMAND...: the command must end with the status and one error line that matches.
check_refused() {
    refused_name=$1 refused_status=$2 refused_pattern=$3
    shift 3
    refused_output=$("$@" 2>&1 < /dev/null)
    refused_got=$?
    # The status may be a pattern, for errors of which only some class is promised.
    if ! echo "$refused_got" | grep -qx -- "$refused_status"; then
        fail "$refused_name" "exit status $refused_got instead of $refused_status; $refused_output"
    elif ! echo "$refused_output" | grep -qE -- "$refused_pattern"; then
        fail "$refused_name" "no word of '$refused_pattern' in: $refused_output"
    else
        ok "$refused_name"
    fi
}

# wait_until SECONDS COMMAND...: tries the command until it succeeds, five times a second. Nothing is given less than a
# minute: only what fails lasts longer by that, and a busy machine is no failure.
wait_until() {
    wait_left=$(($1 < 60 ? 300 : $1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$wait_left" -gt 0 ] || return 1
        wait_left=$((wait_left - 1))
        usleep 200000
    done
}

# The kernel's own log goes to the console whole, so that the host finds there what must not be in it.
end() {
    dmesg -n 7
    report "end"
    exit $((failed_count > 0))
}
