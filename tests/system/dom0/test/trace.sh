# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# parvis trace of a guest that makes the same hypercalls again and again: lines, filters, sums, JSON, files.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

printf '{"name": "ticker", "kernel": "/test/ticker.elf", "memory": "32M"}\n' > /tmp/ticker.json
check created parvis create /tmp/ticker.json
check lines sh -c 'parvis trace -s 3 ticker > /tmp/lines'
head -n 12 /tmp/lines
check named grep -q ' d1v0 xen_version(version, 0) = [0-9]* <[0-9.]* us>$' /tmp/lines
check operation grep -q 'sched_op(poll, 0x[0-9a-f]*) = 0' /tmp/lines
check error-named grep -qE 'event_channel_op\(send, 0x[0-9a-f]+\) = -[0-9]+ E[A-Z]+ ' /tmp/lines
check fault grep -q -- '--- #PF error [0-9]* at 0x[0-9a-f]*, address 0xffff830000000000 ---' /tmp/lines
check fault-fast grep -q -- '--- #PF error [0-9]* at 0x[0-9a-f]*, address 0x1000 ---' /tmp/lines
check iret-fast grep -q ' d1v0 iret() = 0' /tmp/lines
check syscall-fast grep -q -- '--- system call 77 before 0x[0-9a-f]* ---' /tmp/lines
check only-its-own sh -c '! grep -q " d0v" /tmp/lines'
check filtered sh -c 'parvis trace -s 2 -e xen_version,faults ticker > /tmp/some && grep -q xen_version /tmp/some &&
    grep -q PF /tmp/some && ! grep -q sched_op /tmp/some'
check syscalls sh -c 'parvis trace -s 2 -e syscalls ticker > /tmp/calls && grep -q "system call 77" /tmp/calls &&
    ! grep -q "xen_version" /tmp/calls'
check sums sh -c 'parvis trace -c -s 2 ticker > /tmp/sums && grep -qE "^xen_version +[1-9][0-9]* +0 +[1-9]" /tmp/sums &&
    grep -qE "^event_channel_op +([1-9][0-9]*) +\1 " /tmp/sums'
cat /tmp/sums
check json sh -c 'parvis trace -o json -s 2 ticker > /tmp/json && grep -q "\"hypercall\":\"xen_version\".*\"result\":" /tmp/json'
check written parvis trace -s 2 -w /tmp/records ticker
check read sh -c 'parvis trace -r /tmp/records 1 > /tmp/again && grep -q "d1v0 xen_version" /tmp/again'
check read-others sh -c 'parvis trace -r /tmp/records > /tmp/all && grep -q " d0v" /tmp/all'
# While nobody takes them, records are lost, and that is told: dom0 itself makes more than a ring holds.
check lost sh -c 'parvis trace -s 60 ticker > /tmp/lost & trace=$!; sleep 1; kill -STOP $trace; i=0
    while [ $i -lt 30 ]; do parvis list > /dev/null; i=$((i + 1)); done; kill -CONT $trace; sleep 1; kill $trace
    wait $trace; grep -qE "[0-9]+ records were lost" /tmp/lost'
check_refused wrong-name 2 'no hypercall' parvis trace -e nonsense ticker
check_refused no-domain '[1-9]' nobody parvis trace nobody
check off parvis destroy ticker
end
