# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0's part of the driver-domain test: a Debian guest serves another, and guests of guest-lib.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

disk() {
    printf '"disks": [{"source": "%s", "backend": "driver"}]' "$1"
}

network() {
    printf '"networks": [{"bridge": "br0", "backend": "driver", "mac": "%s"}]' "$1"
}

# small NAME IMAGE CMDLINE MEMBER: a guest of guest-lib.
small() {
    printf '{"name": "%s", "kernel": "/test/%s.elf", "memory": "64M", "cmdline": "%s", %s}\n' "$1" "$2" "$3" "$4" \
        > "/tmp/$1.json"
    parvis create "/tmp/$1.json"
}

device_json driver run=sh,/test/driver.sh
check driver-created parvis create "$config"
check driver-ready said driver 'driver: ready' 300

check echo-created small echo echo 'ip=10.0.5.3 once' "$(network 00:16:3e:00:05:03)"
check echo-up said echo 'echo: 10.0.5.3 is up' 300
device_json one run=sh,/test/disknet.sh,10.0.5.2,10.0.5.1,10.0.5.3,send "$(disk /tmp/one)" "$(network 00:16:3e:00:05:02)"
check one-created parvis create "$config"
check check-created small check disk-check disks=1 "$(disk /tmp/two)"
check guestlib-disk said check 'disk-check: good' 300

check_is listed-backend "$(domain_id driver)" "$(parvis disk list one -o json | number backend_domid)"
for verdict in 'disk: same' 'echo: answers' 'fragments: answered' sent 'udp: echoed' end; do
    check "linux-$(echo "$verdict" | tr -dc 'a-z')" said one "VERDICT $verdict" 300
done
check linux-received said driver 'VERDICT got' 120
check_is linux-data "$(grep -aoE 'sent [0-9a-f]{32}' "$(guest_log one)" | cut -d ' ' -f 2)" \
    "$(grep -aoE 'got [0-9a-f]{32}' "$(guest_log driver)" | cut -d ' ' -f 2)"
for name in one echo check; do
    check "$name-ends" gone "$name" 120
done
check_is serves-none '' "$(xenstore-ls "/local/domain/$(domain_id driver)/backend" | grep frontend-id)"

# A device that comes and goes while its domain runs.
check last-created small last echo 'ip=10.0.5.4' "$(network 00:16:3e:00:05:04)"
check last-up said last 'echo: 10.0.5.4 is up' 300
check attach parvis disk attach last source=/tmp/three backend=driver
check attach-given said driver 'is /tmp/three' 120
check detach parvis disk detach last xvda
check last-destroyed parvis destroy last
show_logs driver one
parvis destroy driver
end
