# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Sourced by the scripts that use Debian's Xen tools in dom0, which was started without Parvis's daemons.

# Modules, xenfs and Xen's daemons, as Debian's init script starts them.
start_xen_tools() {
    while read -r module; do
        insmod "/lib/modules/$module.ko" || return 1
    done < /lib/modules/order
    mount -t xenfs xenfs /proc/xen || return 1
    mkdir -p /run/xen /run/xenstored /var/lock /var/lib/xen /var/lib/xenstored /var/log/xen/console
    xenstored --pid-file /run/xenstored.pid || return 1
    wait_until 10 xenstore-ls || return 1
    xen-init-dom0 || return 1
    xenconsoled --log=guest --log-dir=/var/log/xen/console --pid-file=/run/xenconsoled.pid
}

# xl_config NAME [CMDLINE [VCPUS]]: writes /tmp/NAME.cfg for Debian's kernel.
xl_config() {
    {
        printf 'name="%s"\nkernel="/boot/vmlinuz"\nramdisk="/boot/guest.cpio.gz"\nmemory=128\n' "$1"
        printf 'extra="console=hvc0 %s"\nvcpus=%s\n' "${2:-}" "${3:-1}"
    } > "/tmp/$1.cfg"
}

xl_log() {
    echo "/var/log/xen/console/guest-$1.log"
}

# xl_said NAME PATTERN SECONDS: waits until the guest's console has the pattern.
xl_said() {
    wait_until "$3" grep -aqE "$2" "$(xl_log "$1")"
}

xl_state() {
    xl list "$1" | awk 'NR == 2 { print $5 }'
}

xl_gone() {
    ! xl domid "$1"
}

# xl_type NAME TEXT: types a line into the guest's console. What `xl console` runs, which without this option reads
# nothing but from a terminal.
xl_type() {
    (sleep 2; echo "$2"; sleep 3) |
        timeout 20 /usr/lib/xen-4.17/bin/xenconsole --interactive "$(xl domid "$1")" >/dev/null 2>&1
}

# xl_patient COMMAND...: xl with a command that makes a domain with devices. libxl waits ten seconds for a backend, which
# a driver domain on a busy machine does not keep; what was made is then removed, and it is tried again.
xl_patient() {
    for _ in 1 2 3 4 5 6; do
        xl "$@" && return
        sleep 5
    done
    return 1
}
