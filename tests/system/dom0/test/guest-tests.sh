# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# The guest tests as a domU: their outcomes are in the guest's console log. Those that must crash do, and dom0 lives on.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# run_image NAME: runs /test/NAME.elf until it is gone, or has crashed.
run_image() {
    printf '{"name": "%s", "kernel": "/test/%s.elf", "memory": "64M", "vcpus": 2, "on_crash": "preserve"}\n' \
        "$1" "$1" > /tmp/image.json
    parvis create /tmp/image.json || return
    wait_until 200 sh -c "parvis list | grep -w $1 | grep -q crashed || ! parvis list | grep -qw $1"
}

# relay NAME: the outcomes that a guest's console log has.
relay() {
    grep -a 'TEST [a-z0-9_-]*: ' "$(guest_log "$1")" | tr -d '\r' | sed 's/^.*TEST //' > /tmp/outcomes
    while IFS=: read -r test outcome; do
        case ${outcome# } in
        success*) ok "$test" ;;
        skip*) report "skip $test:${outcome# skip}" ;;
        error* | failure*) fail "$test" "${outcome# }" ;;
        esac
    done < /tmp/outcomes
}

# What a guest was refused, from the record that Parvis keeps (Xen has none): it asked 7 times for a sched_op that
# there is not.
check_refusals() {
    grep -q parvis /sys/hypervisor/compilation/compiled_by || return
    check "$1-refusals" sh -c "parvis info $1 -o json | tr -d ' \n' |
        grep -q '\"hypercall\":\"sched_op\",\"error\":\"ENOSYS\",\"count\":7'"
    check "$1-refusals-text" sh -c "parvis info $1 | grep -q '^refused_hypercall *sched_op ENOSYS 7'"
}

while read -r kind name _; do
    case $kind in
    all)
        check "$name-runs" run_image "$name"
        relay "$name"
        check "$name-counted" grep -aqE '[0-9]+ passed, [0-9]+ failed' "$(guest_log "$name")"
        ;;
    alone)
        check "$name-runs" run_image "$name"
        relay "$name"
        ;;
    crash)
        check "$name-runs" run_image "$name"
        check "$name-crashed" sh -c "parvis list | grep -w $name | grep -q crashed"
        [ "$name" != crash_shutdown ] || check_refusals "$name"
        parvis destroy "$name"
        ;;
    esac
done < /test/guest-tests.list
end
