# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Debian guests created, used and destroyed, and tiny ones, again and again: the hypervisor has as much free memory as
# before, and neither xenstore nor dom0 keeps anything. The kernel's words "debian=N" and "tiny=N" say how often.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

read -r words < /proc/cmdline
debian=10 tiny=200
for word in $words; do
    case $word in
    debian=*) debian=${word#debian=} ;;
    tiny=*) tiny=${word#tiny=} ;;
    esac
done

# One Debian guest: boots, answers, is destroyed.
debian_cycle() {
    guest_json cycle
    rm -f "$(guest_log cycle)"
    parvis create "$config" >/dev/null || return
    said cycle 'guest: Linux .* is up' 60 || { echo "round $1 does not boot"; return 1; }
    type_into cycle "echo used in round $1"
    said cycle "^used in round $1" 20 || { echo "round $1 does not answer"; return 1; }
    parvis destroy cycle && gone cycle 10
}

debian_cycles() {
    i=0
    while [ "$i" -lt "$1" ]; do
        debian_cycle "$i" || return
        i=$((i + 1))
    done
}

tiny_cycles() {
    tiny_json tiny
    i=0
    while [ "$i" -lt "$1" ]; do
        parvis create "$config" >/dev/null || { echo "round $i is not created"; return 1; }
        gone tiny 20 || { echo "round $i does not end"; return 1; }
        i=$((i + 1))
    done
}

# The first one of each kind may fill caches.
check first-debian debian_cycles 1
check first-tiny tiny_cycles 1
before=$(settled_memory)
nodes=$(find /proc/xen -type f 2>/dev/null | wc -l)
check "debian-$debian-times" debian_cycles "$debian"
check "tiny-$tiny-times" tiny_cycles "$tiny"
check nothing-left wait_until 60 only_dom0
check_is free-memory "$before" "$(settled_memory)"
check_is files "$nodes" "$(find /proc/xen -type f 2>/dev/null | wc -l)"
end
