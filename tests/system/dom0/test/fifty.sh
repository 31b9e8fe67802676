# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Fifty guests with networks at once: the last is made as fast as the first, each answers, and nothing is left of them.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

now_ms() {
    awk '{ print int($1 * 1000) }' /proc/uptime
}

# make NUMBER: creates the guest and notes how long that took.
make() {
    printf '{"name": "g%s", "kernel": "/test/echo.elf", "memory": "16M", "cmdline": "ip=10.9.1.%s",\n' "$1" "$1" > /tmp/g.json
    printf ' "networks": [{"bridge": "br0"}]}\n' >> /tmp/g.json
    start=$(now_ms)
    parvis create /tmp/g.json > /tmp/made 2>&1 || { cat /tmp/made; return 1; }
    echo "$1 $(($(now_ms) - start))" >> /tmp/times
}

make_all() {
    while [ "$1" -le "$2" ]; do
        make "$1" || return
        set -- $(($1 + 1)) "$2"
    done
}

# median FIRST LAST: of what these guests took, in milliseconds.
median() {
    awk -v first="$1" -v last="$2" '$1 >= first && $1 <= last { print $2 }' /tmp/times | sort -n |
        awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

answer_all() {
    for guest in $(seq 1 50); do
        wait_until 60 ping -c 1 -w 1 "10.9.1.$guest" || { echo "g$guest does not answer"; return 1; }
    done
}

destroy_all() {
    for guest in $(seq 1 50); do
        parvis destroy "g$guest" || return
    done
}

check bridge parvis network bridge br0 10.9.0.1/16
# The first one loads the backend's driver.
check first make_all 0 0
check first-destroyed parvis destroy -w g0
before=$(settled_memory)
check fifty make_all 1 50
check_is running 51 "$(parvis list -o json | grep -c '"name"')"
check answers answer_all
first=$(median 1 10) last=$(median 41 50)
echo "fifty: the first ten take $first ms, the last ten $last ms, in the middle"
check as-fast test "$last" -le $((first * 2))
check destroyed destroy_all
check nothing-left wait_until 60 only_dom0
check no-device-left wait_until 60 no_devices_left
# Of the hypervisor's heap some pages stay, after fifty at once; what one guest leaves guest-cycles would tell.
after=$(settled_memory)
check free-memory test "$((before - after))" -le 64
end
