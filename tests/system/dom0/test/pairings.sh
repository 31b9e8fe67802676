# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0's part of the pairings test: makes guests with devices of a driver domain and of dom0, and reads their verdicts.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# guest NAME IMAGE MEMORY CMDLINE [MEMBER...]: creates a guest-lib guest; the rest are members of its JSON.
guest() {
    guest_config=/tmp/$1.json
    printf '{"name": "%s", "kernel": "/test/%s.elf", "memory": "%s", "cmdline": "%s"' "$1" "$2" "$3" "$4" > "$guest_config"
    guest_end "${@}"
}

guest_end() {
    shift 4
    for member in "$@"; do
        printf ',\n%s' "$member" >> "$guest_config"
    done
    echo '}' >> "$guest_config"
    parvis create "$guest_config"
}

# debian NAME WORDS MEMBER...: a Debian guest that runs disknet.sh.
debian() {
    debian_name=$1 debian_words=$2
    shift 2
    guest_config=/tmp/$debian_name.json
    printf '{"name": "%s", "kernel": "/boot/vmlinuz", "ramdisk": "/tmp/guest.cpio.gz", "memory": "256M", "vcpus": 2' \
        "$debian_name" > "$guest_config"
    guest_end - - - - "\"cmdline\": \"console=hvc0 run=sh,/test/disknet.sh,$debian_words\"" "$@"
}

# disks SOURCE..., network MAC: members of the JSON, of devices that the driver domain serves.
disks() {
    printf '"disks": ['
    disks_comma=''
    for source in "$@"; do
        printf '%s{"source": "%s", "backend": "driver"}' "$disks_comma" "$source"
        disks_comma=', '
    done
    printf ']'
}

network() {
    printf '"networks": [{"bridge": "switch", "backend": "driver", "mac": "%s"}]' "$1"
}

# The times are for machines that are many times slower; nothing waits that long otherwise.
verdict() {
    check "$1" said "$2" "VERDICT $3" 300
}

# guest-lib's backends: a driver domain.
check driver-starts guest driver ramdisk 64M ''
check driver-ready said driver 'ramdisk: ready' 300

# Linux's frontends with them. They boot while the other pairings are tried.
check echo-created guest echo1 echo 32M 'ip=10.0.0.3 once' "$(network 00:16:3e:00:00:03)"
cat /boot/guest.cpio.gz /test/guest-extra.cpio.gz > /tmp/guest.cpio.gz
check receiver-created debian two 10.0.0.2,10.0.0.1,10.0.0.3,receive "$(disks ram:4)" "$(network 00:16:3e:00:00:02)"
check sender-created debian one 10.0.0.1,10.0.0.2,10.0.0.3,send "$(disks ram:4)" "$(network 00:16:3e:00:00:01)"

# guest-lib's frontends with guest-lib's backends.
check echo-up said echo1 'echo: 10.0.0.3 is up' 300
check front-created guest check1 disk-check 64M disks=2 "$(disks ram:2 ram:1)"
check guestlib-with-guestlib said check1 'disk-check: good' 300

# What another domain does not serve; what it does is seen, and taken away again.
check_refused no-such-driver 3 'backend.*nobody' guest bad echo 32M '' '"disks": [{"source": "ram:1", "backend": "nobody"}]'
check_refused driver-refuses 1 'disk xvda .ram:99.: .*refuses' guest bad echo 32M '' "$(disks ram:99)"
check_is nothing-of-it '' "$(xenstore-ls "/local/domain/$(domain_id driver)/backend/vbd" | grep ram:99)"
check listed sh -c 'parvis disk list one -o json | grep -q "\"source\": *\"ram:4\""'
check_is listed-backend "$(domain_id driver)" "$(parvis network list two -o json | number backend_domid)"
check hot-attach parvis disk attach echo1 source=ram:1 backend=driver
check hot-listed sh -c 'parvis disk list echo1 | grep -E "xvda +rw +waiting"'
check_refused attach-again 2 'another disk is xvda|has a disk of that name' \
    parvis disk attach echo1 source=ram:1 target=xvda backend=driver
check hot-detach parvis disk detach echo1 xvda
check_is hot-gone '' "$(xenstore-ls "/local/domain/$(domain_id driver)/backend/vbd/$(domain_id echo1)" 2> /dev/null)"

# A device of the same name again and again: the driver sees nodes half written, gone, and made anew.
again() {
    for _ in 1 2 3 4 5; do
        parvis disk attach echo1 source=ram:1 backend=driver && parvis disk detach echo1 xvda || return
    done
}
check attach-and-detach again

# guest-lib's frontends with Linux's backends.
dd if=/dev/zero of=/tmp/disk bs=64k count=32 2> /dev/null
check front2-created guest check2 disk-check 64M disks=1 '"disks": [{"source": "/tmp/disk"}]'
check bridge parvis network bridge br0 10.0.1.1/24
check echo2-created guest echo2 echo 32M 'ip=10.0.1.2 once' '"networks": [{"bridge": "br0", "mac": "00:16:3e:00:01:02"}]'
check echo2-up said echo2 'echo: 10.0.1.2 is up' 300
check guestlib-with-linux-ping wait_until 60 ping -c 1 -W 5 10.0.1.2
check guestlib-with-linux-large wait_until 60 ping -c 1 -s 1400 -W 5 10.0.1.2
check guestlib-with-linux-udp /test/udp 10.0.1.2 7 quit
check echo2-ends gone echo2 120
check guestlib-with-linux-disk said check2 'disk-check: good' 300

verdict linux-disk-one one 'disk: same'
verdict linux-disk-two two 'disk: same'
verdict linux-ping one 'echo: answers'
verdict linux-fragments one 'fragments: answered'
verdict linux-sends one 'sent'
verdict linux-receives two 'got'
check_is linux-data "$(grep -aoE 'sent [0-9a-f]{32}' "$(guest_log one)" | cut -d ' ' -f 2)" \
    "$(grep -aoE 'got [0-9a-f]{32}' "$(guest_log two)" | cut -d ' ' -f 2)"
verdict linux-udp one 'udp: echoed'
check echo-ends gone echo1 120
check one-ends gone one 120
check two-ends gone two 120
check driver-lives is_listed driver
check_is driver-serves-none '' "$(xenstore-ls "/local/domain/$(domain_id driver)/backend" | grep frontend-id)"
parvis destroy driver
end
