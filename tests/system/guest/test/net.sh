# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# In a guest: gives eth0, or with a number $3 its VLAN of that number, the address $1, serves /srv by HTTP with a file of
# random bytes in it, and reaches the address $2.
ip link set lo up
ip link set eth0 up
interface=eth0
if [ -n "$3" ]; then
    modprobe 8021q
    vconfig add eth0 "$3" && interface=eth0.$3
fi
ip addr add "$1/24" dev "$interface"
ip link set "$interface" up
mkdir -p /srv
head -c 2000000 /dev/urandom > /srv/data
sha256sum < /srv/data | cut -c 1-64 > /srv/sum
httpd -p 80 -h /srv
tries=20
while [ "$tries" -gt 0 ] && ! ping -c 1 -W 1 "$2" >/dev/null; do
    tries=$((tries - 1))
done
ping -c 3 -W 2 "$2" >/dev/null && echo "net: reaches $2"
if wget -q -O /tmp/data "http://$2/data" && wget -q -O /tmp/sum "http://$2/sum"; then
    [ "$(sha256sum < /tmp/data | cut -c 1-64)" = "$(cat /tmp/sum)" ] && echo "net: has the file of $2"
fi
ping -c 1 -W 2 10.9.0.99 >/dev/null || echo "net: does not reach a stranger"
echo "net: ready"
sleep 1000
