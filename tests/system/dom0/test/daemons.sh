# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A daemon that is killed in the middle of a creation and comes back leaves nothing behind; two creations of one name at
# once make one guest.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# The first guest may fill the hypervisor's caches.
tiny_json first
check first parvis create "$config"
check first-gone gone first 60
before=$(settled_memory)
guest_json twin
parvis create "$config" > /tmp/first 2>&1 &
first=$!
parvis create "$config" > /tmp/second 2>&1
second_status=$?
wait "$first"
first_status=$?
check one-of-two-wins sh -c "test $first_status = 0 -a $second_status != 0 -o $first_status != 0 -a $second_status = 0"
check_is one-twin 1 "$(parvis list | grep -cw twin)"
check destroy parvis destroy twin
check destroyed gone twin 10

for daemon in parvis-consoled parvis-monitord parvis-xenstored; do
    guest_json victim
    parvis create "$config" > /tmp/out 2>&1 &
    creation=$!
    usleep 300000
    kill -9 "$(pidof "$daemon")"
    sleep 1
    check "$daemon-again" "$daemon" --daemon
    sleep 1
    wait "$creation"
    if is_listed victim; then
        check "$daemon-guest-lives" said victim 'guest: Linux .* is up' 120
        check "$daemon-destroy" parvis destroy victim
    fi
    check "$daemon-gone" gone victim 20
    # And a whole life works again.
    tiny_json "after"
    check "$daemon-after" parvis create "$config"
    check "$daemon-after-gone" gone after 20
done

# The creator itself dies. A creation that was complete by then (it says so) is no orphan: then once more, and sooner.
guest_json orphan
delay=150000
orphaned=no
while [ "$orphaned" = no ] && [ "$delay" -gt 1000 ]; do
    parvis create "$config" > /tmp/out 2>&1 &
    creation=$!
    usleep "$delay"
    kill -9 "$creation"
    wait "$creation" 2>/dev/null
    if grep -q 'is domain' /tmp/out; then
        parvis destroy orphan
        check "orphan-complete-$delay" gone orphan 20
        delay=$((delay / 2))
    else
        orphaned=yes
    fi
done
check_is creator-died yes "$orphaned"
check create-after-orphan wait_until 30 parvis create "$config"
parvis destroy orphan
check orphan-gone gone orphan 20
check nothing-left wait_until 60 only_dom0
check_is free-memory "$before" "$(settled_memory)"
end
