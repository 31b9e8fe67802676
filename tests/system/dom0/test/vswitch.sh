# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Guests on bridges of Open vSwitch.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh
export OVS_RUNDIR=/run/openvswitch OVS_LOGDIR=/tmp
mkdir -p "$OVS_RUNDIR"

start_switch() {
    ovs-vswitchd "unix:$OVS_RUNDIR/db.sock" --detach --pidfile --log-file=/tmp/switch.log
}

# ports COUNT: the bridge has so many of guests.
ports() {
    [ "$(ovs-vsctl --no-wait list-ports ovs0 | grep -c '^vif')" = "$1" ]
}

device_json early '' '"networks": [{"bridge": "ovs0"}]'
check_refused no-switch 2 'network .*bridge ovs0.: dom0 has no such bridge; .parvis network bridge ovs0.' \
    parvis create "$config"
check database ovsdb-tool create /tmp/conf.db /test/vswitch.ovsschema
check serve ovsdb-server /tmp/conf.db "--remote=punix:$OVS_RUNDIR/db.sock" --detach --pidfile --log-file=/tmp/db.log
check init ovs-vsctl --no-wait init
check_refused no-bridge 2 'no such bridge, Open vSwitch neither' parvis create "$config"
check add-bridge ovs-vsctl --no-wait add-br ovs0
check_refused no-daemon '[1-9]' 'bridge ovs0.: putting vif[0-9.]* on the bridge ovs0: .*does ovs-vswitchd run' \
    parvis create "$config"
check nothing-of-it wait_until 10 no_devices_left
check no-port-of-it wait_until 10 ports 0
check load-modules sh -c "modprobe crc32c_generic && modprobe openvswitch"
check start start_switch
check add-in-vlan ovs-vsctl add-port ovs0 host7 tag=7 -- set interface host7 type=internal
check address sh -c 'ip addr add 10.9.0.1/24 dev ovs0 && ip link set ovs0 up'
check address-in-vlan sh -c 'ip addr add 10.9.7.1/24 dev host7 && ip link set host7 up'
mkdir -p /srv
head -c 300000 /dev/urandom > /srv/data
sha256sum < /srv/data | cut -c 1-64 > /srv/sum
httpd -p 80 -h /srv

device_json one 'run=sh,/test/net.sh,10.9.0.2,10.9.0.1' \
    '"networks": [{"bridge": "ovs0", "mac": "00:16:3e:00:00:01", "rate": "8Mb/s"}]'
check create-one parvis create "$config"
check reaches-dom0 said one 'net: reaches 10.9.0.1' 180
check has-dom0s-file said one 'net: has the file of 10.9.0.1' 60
check listed sh -c 'parvis network list one | grep -E "vif[0-9]+.0 +00:16:3e:00:00:01 +connected +connected +ovs0"'
check one-is-ready said one 'net: ready' 60
before=$(cut -d . -f 1 /proc/uptime)
check limited-file wget -q -O /tmp/data http://10.9.0.2/data
after=$(cut -d . -f 1 /proc/uptime)
check rate-limits test $((after - before)) -ge 1

device_json tagged 'run=sh,/test/net.sh,10.9.7.2,10.9.7.1' '"networks": [{"bridge": "ovs0", "vlan": 7}]'
check create-tagged parvis create "$config"
check reaches-its-vlan said tagged 'net: reaches 10.9.7.1' 180
check_is tag 7 "$(ovs-vsctl get port "vif$(domain_id tagged).0" tag)"
device_json trunk 'run=sh,/test/net.sh,10.9.7.3,10.9.7.2,7' '"networks": [{"bridge": "ovs0", "trunks": "7 20-21"}]'
check create-trunk parvis create "$config"
check trunk-reaches-vlan said trunk 'net: reaches 10.9.7.2' 180
check_is trunks '[7, 20, 21]' "$(ovs-vsctl get port "vif$(domain_id trunk).0" trunks)"
device_json apart 'run=sh,/test/net.sh,10.9.7.4,10.9.7.2' '"networks": [{"bridge": "ovs0", "vlan": 8}]'
check create-apart parvis create "$config"
check apart-is-ready said apart 'net: ready' 240
check apart-reached-nobody sh -c "! grep -aq 'net: reaches' $(guest_log apart)"

check reconnect parvis network reconnect -t 60 one 00:16:3e:00:00:01
check reached-again wait_until 30 ping -c 1 -W 2 10.9.0.2
check one-port-each ports 4
check kill-switch killall -9 ovs-vswitchd
check start-again start_switch
check reached-after-restart wait_until 60 ping -c 1 -W 2 10.9.0.2

# A guest that is detached, one that is destroyed, and one that goes while nobody watches.
check detach parvis network detach -t 60 one 00:16:3e:00:00:01
check detached-port-gone wait_until 10 ports 3
check destroy-apart parvis destroy -w apart
check destroyed-port-gone wait_until 10 ports 2
killall -9 parvis-monitord
check destroy-trunk parvis destroy -w trunk
check monitord-again parvis-monitord --daemon
check unwatched-port-gone wait_until 20 ports 1
check attach-again parvis network attach one bridge=ovs0 vlan=7
check attached-port wait_until 10 ports 2
for guest in one tagged; do
    check "destroy-$guest" parvis destroy -w "$guest"
done
check no-port-left wait_until 10 ports 0

# The same VLANs on a bridge of Linux.
check bridge parvis network bridge br0
device_json access 'run=sh,/test/net.sh,10.9.7.2,10.9.7.3' '"networks": [{"bridge": "br0", "vlan": 7}]'
check create-access parvis create "$config"
device_json linux-trunk 'run=sh,/test/net.sh,10.9.7.3,10.9.7.2,7' '"networks": [{"bridge": "br0", "trunks": "7 20"}]'
check create-linux-trunk parvis create "$config"
check linux-trunk-reaches said linux-trunk 'net: reaches 10.9.7.2' 180
for guest in access linux-trunk; do
    check "destroy-$guest" parvis destroy -w "$guest"
done
check nothing-left wait_until 10 no_devices_left
show_logs one tagged trunk apart access linux-trunk
[ "$failed_count" = 0 ] || tail -n 20 /tmp/switch.log /tmp/db.log
end
