# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0's part of the guest-suspend test: xl saves and restores guest-lib's keeper, which has writes on their way, talks
# to an echo server and works on two vCPUs meanwhile, and says what it kept.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/xen-tools.sh
. /test/xen-tools.sh

# config NAME IMAGE MEMORY CMDLINE LINE...: the configuration of a guest-lib guest.
config() {
    printf 'name="%s"\nkernel="/test/%s.elf"\nmemory=%s\nextra="%s"\n' "$1" "$2" "$3" "$4" > "/tmp/$1.cfg"
    config_name=$1
    shift 4
    for line in "$@"; do
        echo "$line" >> "/tmp/$config_name.cfg"
    done
}

# round N HOW: the N'th suspend of the keeper ended so, and everything is as it was.
round() {
    check "round$1-$2" xl_said keeper "keeper: round $1: $2" 300
    check "round$1-ends" xl_said keeper "keeper: round $1 ends" 300
    check "round$1-writes" xl_said keeper "keeper: round $1: .* 8 writes on their way" 10
    for what in memory tables timer disk replay net worker; do
        check_is "round$1-$what" "keeper: $what good" "$(tr -d '\r' < "$(xl_log keeper)" |
            sed -n "/keeper: round $1:/,/keeper: round $1 ends/s/^\(keeper: $what .*\)/\1/p")"
    done
}

twice() {
    test "$(grep -ac "$1" "$(xl_log keeper)")" -ge 2
}

check daemons start_xen_tools
config driver ramdisk 64 '' 'driver_domain=1'
check driver xl create /tmp/driver.cfg
check driver-ready xl_said driver 'ramdisk: ready' 300
config echo echo 32 'ip=10.0.0.3' 'vif=["backend=driver,bridge=switch,mac=00:16:3e:00:00:03"]'
check echo xl_patient create /tmp/echo.cfg
check echo-up xl_said echo 'echo: 10.0.0.3 is up' 300
config keeper keeper 32 'fifo ip=10.0.0.4 peer=10.0.0.3' 'vcpus=2' \
    'vif=["backend=driver,bridge=switch,mac=00:16:3e:00:00:04"]' \
    'disk=["backend=driver,vdev=xvda,access=w,format=raw,target=ram:2:kept"]'
check keeper xl_patient create /tmp/keeper.cfg
check keeper-ready xl_said keeper 'keeper: ready' 300

check save xl save keeper /tmp/one.save
check saved wait_until 120 xl_gone keeper
check restore xl_patient restore /tmp/one.save
round 1 restored
check save-keeps xl save -c keeper /tmp/two.save
round 2 cancelled
# The other end of all that, while it serves.
check driver-save xl save -c driver /tmp/driver.save
check driver-goes-on xl_said driver 'ramdisk: suspended \(1\)' 300
check round3-save xl save -c keeper /tmp/three.save
round 3 cancelled
check destroy xl destroy keeper
check restore-checkpoint xl_patient restore /tmp/two.save
# Its second suspend once more, now with the other end.
check again wait_until 300 twice "keeper: round 2 ends"
check_is again-restored 1 "$(grep -ac 'keeper: round 2: restored .* 8 writes' "$(xl_log keeper)")"
# The image is older than what its domain wrote to the disk afterwards.
check_is again-disk 1 "$(grep -ac 'keeper: disk newer' "$(xl_log keeper)")"
check_is never-bad 0 "$(grep -ac BAD "$(xl_log keeper)")"
check poweroff xl shutdown keeper
check off wait_until 120 xl_gone keeper
end
