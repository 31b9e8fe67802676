# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Debian's own Xen 4.17 tools in dom0: xenstored, xenconsoled and xl, through a Debian guest's life.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/xen-tools.sh
. /test/xen-tools.sh

check daemons start_xen_tools

# ---- the host ----
xl info > /tmp/info
check info-version grep -q '^xen_version *: 4\.17' /tmp/info
check info-caps grep -q '^xen_caps *: xen-3.0-x86_64' /tmp/info
check info-virt grep -q '^virt_caps *:.*pv' /tmp/info
check info-scheduler grep -q '^xen_scheduler *: credit2' /tmp/info
check_is info-cpus "$(nproc)" "$(sed -n 's/^nr_cpus *: //p' /tmp/info)"
check info-numa sh -c 'xl info -n | grep -A 2 "^numa_info" | grep -q "^ *0:"'
check info-topology sh -c 'xl info -n | grep -A 2 "^cpu_topology" | grep -q "^ *0: *0 *0 *0"'
check dmesg sh -c 'xl dmesg | grep -q "dom0: "'
check dmesg-clear xl dmesg -c
check_is dmesg-cleared "" "$(xl dmesg)"
check debug-keys xl debug-keys q
check debug-keys-answer sh -c 'xl dmesg | grep -q "debug key q"'
check_is list-dom0 "Domain-0 0" "$(xl list | awk 'NR == 2 { print $1, $2 }')"
check_is claims "Domain-0 0" "$(xl claims | awk 'NR == 2 { print $1, $NF }')"
check_is pool "Pool-0 $(nproc) credit2 y 1" "$(xl cpupool-list | awk 'NR == 2 { print $1, $2, $3, $4, $5 }')"
check_is pool-cpus "Pool-0 0,1" "$(xl cpupool-list -c | awk 'NR == 2 { print $1, $2 }')"
check_refused pool-create '[1-9][0-9]*' 'ould not create|creating cpupool' xl cpupool-create name=\"p\"
check uptime sh -c 'xl uptime | grep -q "^Domain-0 *0 *[0-9:]*"'

# ---- creation ----
xl_config one '' 2
check dry-run sh -c 'xl create -n /tmp/one.cfg | grep -q "\"name\": \"one\""'
check create-paused xl create -p /tmp/one.cfg
check_is paused "--p---" "$(xl_state one)"
check_is memory 128 "$(xl list one | awk 'NR == 2 { print $3 }')"
check_refused same-name '[1-9][0-9]*' 'already exists' xl create -p /tmp/one.cfg
check unpause xl unpause one
check boots xl_said one 'guest: Linux .* is up after .*, 2 CPU' 120
check list-long sh -c 'xl list -l one | grep -q "\"name\": \"one\""'
check list-verbose sh -c "xl list -v one | grep -qE '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}'"
check vm-list sh -c 'xl vm-list | grep -q "one *$"'
id=$(xl domid one)
check_is domname one "$(xl domname "$id")"
xl_type one 'echo the answer is $((6 * 7))'
check console xl_said one '^the answer is 42' 20

# ---- changes of a running guest ----
check pause xl pause one
check_is paused-again p "$(xl_state one | cut -c 3)" # whether its vCPUs wait at that moment is open
check unpause-again xl unpause one
check_is vcpus "0 1" "$(xl vcpu-list one | awk 'NR > 1 { print $3 }' | tr '\n' ' ' | sed 's/ $//')"
check pin xl vcpu-pin one 0 1
check_is pinned 1 "$(xl vcpu-list one | awk '$3 == 0 { print $(NF - 2) }')"
check pinned-runs wait_until 10 sh -c "xl vcpu-list one | awk '\$3 == 0 { exit \$4 != 1 }'"
check unpin xl vcpu-pin one all all all
check_is unpinned "all / all" "$(xl vcpu-list one | awk '$3 == 0 { print $(NF - 2), $(NF - 1), $NF }')"
check soft-pin xl vcpu-pin one 1 - 0
check_is soft-pinned "all / 0" "$(xl vcpu-list one | awk '$3 == 1 { print $(NF - 2), $(NF - 1), $NF }')"
check vcpu-set xl vcpu-set one 1
check vcpu-gone wait_until 20 sh -c "xl vcpu-list one | awk '\$3 == 1 { exit \$5 != \"--p\" }'"
check_is one-vcpu 1 "$(xl list one | awk 'NR == 2 { print $4 }')"
check vcpu-set-back xl vcpu-set one 2
xl_type one 'echo 1 > /sys/devices/system/cpu/cpu1/online; nproc | sed s/^/nproc=/'
check vcpu-back xl_said one '^nproc=2' 20
check weight xl sched-credit2 -d one -w 512 -c 150
check_is weighed "one $id 512 150" "$(xl sched-credit2 -d one | awk 'NR == 2 { print $1, $2, $3, $4 }')"
check ratelimit xl sched-credit2 -s -r 2000
check ratelimit-set sh -c 'xl sched-credit2 -s | grep -q "ratelimit=2000us"'
check ratelimit-back xl sched-credit2 -s -r 1000
check mem-set xl mem-set one 96
check ballooned wait_until 20 sh -c 'xl list one | awk "NR == 2 { exit \$3 != 96 }"'
check mem-max xl mem-max one 256
check_is max-memory 262144 "$(xl list -l one | sed -n 's/^ *"max_memkb": \([0-9]*\),.*/\1/p')"
check rename xl rename one other
check_is renamed "$id" "$(xl domid other)"
check rename-back xl rename other one
check sysrq xl sysrq one h
check sysrq-arrives xl_said one 'sysrq: HELP' 20
check trigger xl trigger one nmi 0
check trigger-arrives xl_said one 'NMI' 20
check uptime-guest sh -c 'xl uptime one | grep -q "^one"'
check network-list xl network-list one
check block-list xl block-list one
check dump-core xl dump-core one /tmp/core
check core sh -c 'head -c 4 /tmp/core | tail -c 3 | grep -q ELF && test $(stat -c %s /tmp/core) -gt 100000000'
rm -f /tmp/core

# ---- saving ----
xl_type one 'kept="a value that is kept"'
check save xl save one /tmp/one.save
check saved wait_until 10 xl_gone one
check restore xl restore /tmp/one.save
rm -f /tmp/one.save
new=$(xl domid one)
check restored-new test "$new" -gt "$id"
id=$new
xl_type one 'echo restored: $kept'
check restored-goes-on xl_said one '^restored: a value that is kept' 30
check_is restored-memory 96 "$(xl list one | awk 'NR == 2 { print $3 }')"
check save-keeps xl save -c one /tmp/two.save
check_is same-domain "$id" "$(xl domid one)"
xl_type one 'echo goes on: $kept'
check goes-on xl_said one '^goes on: a value that is kept' 30
check_refused migrate '[1-9][0-9]*' 'rror|ail' xl migrate -s 'sh -c "exit 1"' one nowhere
check_is still-there "$id" "$(xl domid one)"
# The xl that watched over the guest's end took leave at the checkpoint, as on Xen: a new one comes by restoring.
check destroy-live xl destroy one
check restore-checkpoint xl restore /tmp/two.save
rm -f /tmp/two.save
id=$(xl domid one)
xl_type one 'echo once more: $kept'
check checkpoint-goes-on xl_said one '^once more: a value that is kept' 30

# ---- ends ----
check reboot xl reboot one
check rebooted wait_until 90 sh -c "test \"\$(xl domid one)\" -gt $id"
check boots-again wait_until 120 sh -c "test \$(grep -ac 'guest: Linux .* is up' $(xl_log one)) -ge 2"
check shutdown xl shutdown -w one
check shut-down wait_until 30 xl_gone one
xl_config two 'run=true'
check create-console sh -c 'timeout 100 xl create -c /tmp/two.cfg < /dev/null > /tmp/two.console 2>&1'
check create-console-shows grep -aq 'guest: Linux .* is up' /tmp/two.console
check powers-off wait_until 60 xl_gone two
xl_config three 'panic=0 run=echo,c>/proc/sysrq-trigger'
echo 'on_crash="preserve"' >> /tmp/three.cfg
check create-crashing xl create /tmp/three.cfg
check crashes wait_until 120 sh -c 'xl list three | awk "NR == 2 { exit substr(\$5, 5, 1) != \"c\" }"'
check destroy xl destroy three
check destroyed wait_until 10 xl_gone three
check_is nothing-left 2 "$(xl list | grep -c .)"
check_refused destroy-none '[1-9][0-9]*' 'nvalid domain|domain' xl destroy three
end
