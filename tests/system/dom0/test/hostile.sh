# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Guests that attack each other and the machine: two that race, some that hog the CPUs, one that floods with events.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# image NAME IMAGE CMDLINE [VCPUS]: starts a guest.
image() {
    printf '{"name": "%s", "kernel": "/test/%s.elf", "cmdline": "%s", "memory": "16M", "vcpus": %s}\n' \
        "$1" "$2" "$3" "${4:-1}" > /tmp/image.json
    parvis create /tmp/image.json
}

# outcomes NAME: the results that a guest's console has, one of them at least.
outcomes() {
    grep -a 'TEST [a-z0-9_-]*: ' "$(guest_log "$1")" | tr -d '\r' | sed 's/^.*TEST //' > /tmp/outcomes
    check "$1-outcomes" test -s /tmp/outcomes
    while IFS=: read -r test outcome; do
        case ${outcome# } in
        success*) ok "$test" ;;
        *) fail "$test" "${outcome# }" ;;
        esac
    done < /tmp/outcomes
}

# The taker uses what the giver takes back, and at last what is left of it after its death.
giver_dies() {
    check giver image giver pair giver
    check taker image taker pair taker
    check_is neighbours $(($(domain_id giver) + 1)) "$(domain_id taker)"
    check taker-holds said taker 'PAIR holds' 400
    check destroy-giver parvis destroy giver
    check taker-ends gone taker 60
    check giver-ends gone giver 60
    outcomes taker
}

# The taker dies with the other's page mapped and the port bound; the giver sees that nobody uses its page.
taker_dies() {
    check giver2 image giver2 pair giver
    check taker2 image taker2 pair 'taker test=pair_giver_dies'
    check taker2-holds said taker2 'PAIR holds' 60
    check destroy-taker parvis destroy taker2
    check taker2-ends gone taker2 60
    check giver2-ends gone giver2 60
    outcomes giver2
}

# cpu_time NAME: in milliseconds.
cpu_time() {
    parvis info "$1" -o json | grep -oE '"cpu_time_ns" *: *[0-9]+' | grep -oE '[0-9]+$' | sed 's/......$//'
}

# Two guests with more vCPUs than there are CPUs never let go; each gets its share, and a third one and dom0 theirs.
hogs() {
    check hog1 image hog1 hog '' 2
    check hog2 image hog2 hog '' 2
    check hogs-run said hog2 'HOG runs' 60
    check beside-hogs image beside hello ''
    check beside-hogs-ends gone beside 100
    check fresh image fresh state_fresh '' 2
    check fresh-ends gone fresh 100
    outcomes fresh
    check kept image kept state_kept '' 2
    check kept-ends gone kept 100
    outcomes kept
    first=$(cpu_time hog1) second=$(cpu_time hog2)
    sleep 5
    first=$(($(cpu_time hog1) - first)) second=$(($(cpu_time hog2) - second))
    check "shares" test "$first" -gt 100 -a "$second" -gt 100 -a "$first" -lt $((second * 3)) \
        -a "$second" -lt $((first * 3))
    check hogs-destroyed sh -c 'parvis destroy hog1 && parvis destroy hog2'
}

flood() {
    check flood image flood flood '' 2
    check flood-runs said flood 'FLOOD runs' 60
    sleep 5
    check flood-lives is_listed flood
    check beside-flood image beside2 hello ''
    check beside-flood-ends gone beside2 100
    check flood-destroyed parvis destroy flood
}

# told NAME TEST KEY LIMIT PATTERN: a guest that wants more than its limit; the hypervisor's log says who, what and which key.
told() {
    printf '{"name": "%s", "kernel": "/test/%s.elf", "memory": "16M", "%s": %s}\n' "$1" "$2" "$3" "$4" > /tmp/told.json
    check "$1" parvis create --paused /tmp/told.json
    told_domain=$(domain_id "$1")
    check "$1-begins" parvis unpause "$1"
    check "$1-ends" gone "$1" 60
    check "$1-told" sh -c "parvis dmesg | grep -E 'd$told_domain $5 .its configuration.s $3.'"
}

# The first guest fills caches.
check first image first hello ''
check first-ends gone first 60
before=$(settled_memory)
giver_dies
taker_dies
hogs
flood
told few-grants grant_table max_grant_frames 4 'wants [0-9]+ frames and may have 4'
told few-events event_ports max_event_channels 128 'has all of its 12[78] ports in use'
check all-gone wait_until 60 only_dom0
# The hypervisor's heap may keep some pages; each guest that left something, or each round of a race, would be more.
after=$(settled_memory)
check free-memory test "$((before - after))" -le 64
end
