# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Guests' networks: a bridge with dom0's own address on it.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# fetch ADDRESS: the guest's file comes over whole.
fetch() {
    wget -q -O /tmp/data "http://$1/data" && wget -q -O /tmp/sum "http://$1/sum" &&
        [ "$(sha256sum < /tmp/data | cut -c 1-64)" = "$(cat /tmp/sum)" ]
}

device_json early '' '"networks": [{"bridge": "br0"}]'
check_refused no-bridge 2 'networks.0.: network .*bridge br0.: dom0 has no such bridge' parvis create "$config"
check no-bridge-leaves-nothing no_devices_left
check bridge parvis network bridge br0 10.9.0.1/24
check bridge-again parvis network bridge br0 10.9.0.1/24
mkdir -p /srv
head -c 500000 /dev/urandom > /srv/data
sha256sum < /srv/data | cut -c 1-64 > /srv/sum
httpd -p 10.9.0.1:80 -h /srv

device_json one 'run=sh,/test/net.sh,10.9.0.2,10.9.0.1' \
    '"networks": [{"bridge": "br0", "mac": "00:16:3e:00:00:01", "ip": "10.9.0.2"}]'
check create-one parvis create "$config"
check reaches-dom0 said one 'net: reaches 10.9.0.1' 120
check has-dom0s-file said one 'net: has the file of 10.9.0.1' 60
check alone said one 'net: does not reach a stranger' 20
check dom0-reaches ping -c 3 -W 2 10.9.0.2
check dom0-has-its-file fetch 10.9.0.2
check listed sh -c 'parvis network list one | grep -E "vif[0-9]+.0 +00:16:3e:00:00:01 +connected +connected +br0"'
check listed-json sh -c 'parvis network list -o json | grep -q "\"mac\": *\"00:16:3e:00:00:01\""'
check has-its-mac sh -c "ip neigh show 10.9.0.2 | grep -qi 00:16:3e:00:00:01 || arp -n | grep -qi 00:16:3e:00:00:01"

device_json two 'run=sh,/test/net.sh,10.9.0.3,10.9.0.2' '"networks": [{"bridge": "br0", "rate": "8Mb/s"}]'
check create-two parvis create "$config"
check reaches-other-guest said two 'net: has the file of 10.9.0.2' 120
check rate-listed sh -c 'parvis network list two -o json | grep -q "\"rate\": *1000000"'
check two-is-ready said two 'net: ready' 30
# 2 MB at 1 MB a second.
before=$(cut -d . -f 1 /proc/uptime)
check limited-file fetch 10.9.0.3
after=$(cut -d . -f 1 /proc/uptime)
check rate-limits test $((after - before)) -ge 1

device_json vlan 'run=sh,/test/net.sh,10.9.0.4,10.9.0.1' '"networks": [{"bridge": "br0", "vlan": 7}]'
check create-in-vlan parvis create "$config"
check vlan-is-apart said vlan 'net: ready' 120
check vlan-reached-nobody sh -c "! grep -aq 'net: reaches' $(guest_log vlan)"
check vlan-not-reached sh -c '! ping -c 2 -W 1 10.9.0.4'
check others-still-reached ping -c 2 -W 2 10.9.0.2

check detach parvis network detach -t 60 one 00:16:3e:00:00:01
check not-reached sh -c '! ping -c 2 -W 1 10.9.0.2'
device_json live 'run=sh,/test/watch.sh'
check create-live parvis create "$config"
check none-yet said live 'devices: \[\]' 120
check attach parvis network attach live bridge=br0
check appears said live 'devices: \[eth0\]' 30
check attach-more parvis network attach live bridge=br0 mac=00:16:3e:00:00:77
check appears-more said live 'devices: \[eth0 eth1\]' 30
check_refused attach-nowhere 2 'bridge br9' parvis network attach live bridge=br9
check detach-more parvis network detach -t 60 live 00:16:3e:00:00:77
check disappears wait_until 20 sh -c "tail -n 1 $(guest_log live) | grep -q 'devices: \[eth0\]'"
for guest in one two vlan live; do
    check "destroy-$guest" parvis destroy -w "$guest"
done
check nothing-left wait_until 10 no_devices_left
show_logs one two vlan live
end
