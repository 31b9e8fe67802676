# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Run by dom0 for ./lab: starts the guests of /test/lab.conf together, waits for their end, and passes on what they said.
domains=0 words=''
# shellcheck source=/dev/null
. /test/lab.conf
peers=$(seq -s , 1 "$domains")

# A fresh machine numbers its guests from 1.
for index in $(seq 0 $((domains - 1))); do
    printf '{"name": "lab%s", "kernel": "/test/guest.elf", "memory": "32M", "cmdline": "index=%s peers=%s %s"}\n' \
        "$index" "$index" "$peers" "$words" > "/tmp/lab$index.json"
    parvis create -p "/tmp/lab$index.json" || exit
done
for index in $(seq 0 $((domains - 1))); do
    parvis unpause "lab$index"
done
tries=1000
while parvis list | grep -q ' *lab[0-9]'; do
    [ "$tries" -gt 0 ] || exit 1
    tries=$((tries - 1))
    usleep 200000
done
cat /var/log/parvis/console/guest-lab*.log > /dev/ttyS1
