# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A Debian guest's life: created, used on its console, paused, rebooted, shut down, crashed, destroyed, with 1 to 4 vCPUs.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

guest_json one
check dry-run parvis create --dry-run "$config"
check dry-run-leaves-nothing is_gone one
check create parvis create "$config"
check boots said one 'guest: Linux .* is up' 120
check sees-xen grep -aq 'hypervisor: xen' "$(guest_log one)"
check listed is_listed one
check info parvis info one
check_refused name-in-use 5 'one' parvis create "$config"
type_into one 'echo the answer is $((6 * 7))'
check shell-answers said one '^the answer is 42' 20
check clean-log sh -c "! grep -aE 'BUG:|Oops|WARNING:|Bad page|Call Trace|rcu.*stalls? ' $(guest_log one)"
check pause parvis pause one
check unpause parvis unpause one
type_into one 'echo after the pause $((6 * 8))'
check answers-after-pause said one '^after the pause 48' 20
id=$(domain_id one)
check reboot parvis reboot one
restarted() {
    new=$(domain_id one) && [ -n "$new" ] && [ "$new" != "$id" ]
}
check restarted wait_until 120 restarted
check boots-again wait_until 120 sh -c "test \$(grep -ac 'guest: Linux .* is up' $(guest_log one)) -ge 2"
check shutdown parvis shutdown one
check shut-down gone one 60
check log-is-kept test -s "$(guest_log one)"

guest_json crash 'panic=0 run=echo,c>/proc/sysrq-trigger'
check create-crashing parvis create "$config" on_crash=preserve
check crashes wait_until 120 sh -c 'parvis list | grep -w crash | grep -q crashed'
check crash-in-json sh -c 'parvis list -o json | grep -q crashed'
# Xen's release build keeps quiet about it.
if grep -q parvis /sys/hypervisor/version/extra; then
    check crash-in-hypervisor-log sh -c 'parvis dmesg | grep "d[0-9]* crashed: its own kernel gave up"'
fi
check destroy-crashed parvis destroy crash
check destroyed gone crash 10

for vcpus in 2 3 4; do
    guest_json "cpus$vcpus" 'run=true' "$vcpus"
    check "create-$vcpus" parvis create "$config"
    check "has-$vcpus-vcpus" said "cpus$vcpus" "is up after .*, $vcpus CPU" 120
    check "powers-off-$vcpus" gone "cpus$vcpus" 60
done
check list parvis list
check nothing-left wait_until 60 only_dom0
end
