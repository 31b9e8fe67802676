# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0 is a Debian with systemd on a disk.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# Only busybox has it.
usleep() {
    sleep 0.2
}

has_address() {
    ip -4 -o addr show scope global | grep -q inet
}

is_up() {
    state=$(systemctl is-system-running)
    [ "$state" = running ]
}

check root-is-the-disk sh -c 'grep -q "^/dev/vda / ext4 rw" /proc/mounts || findmnt -n / | grep -q vda'
check_is systemd systemd "$(cat /proc/1/comm)"
check daemons systemctl is-active parvis-xenstored parvis-consoled parvis-monitord
check is-dom0 grep -q control_d /proc/xen/capabilities
check address wait_until 120 has_address
check reaches-its-router ping -c 3 -W 5 10.0.2.2
check settles wait_until 120 is_up
case " $(cat /proc/cmdline) " in
*" again "*) check kept-what-was-written grep -q written /var/lib/kept ;;
*) echo written > /var/lib/kept ;;
esac
tiny_json tiny
check create parvis create "$config"
check guest-speaks said tiny 'Hello from a PV guest' 60
check guest-gone gone tiny 60
# systemd starts a daemon again that was killed.
check kill-monitord systemctl kill -s KILL parvis-monitord
check started-again wait_until 60 systemctl is-active parvis-monitord
systemctl --failed --no-legend --plain --no-pager
end
