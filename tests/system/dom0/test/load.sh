# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A mixed load in dom0 on all its vCPUs; the word "seconds=N" of the kernel's command line says how long.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh

read -r words < /proc/cmdline
seconds=60
for word in $words; do
    case $word in
    seconds=*) seconds=${word#seconds=} ;;
    esac
done
# Copies of files beside it, by programs that are started anew each time.
(while [ ! -e /tmp/done ]; do cp -r /bin/busybox /tmp/copy && cmp /bin/busybox /tmp/copy || echo differs >> /tmp/differs; done) &
/test/load "$seconds" > /tmp/load.out
check_is load 0 "$?"
touch /tmp/done
wait
cat /tmp/load.out
check copies test ! -e /tmp/differs
check_is kernel-log "" "$(dmesg | grep -E 'BUG:|Oops|WARNING:|Bad page|Call Trace|rcu.*stall|lockup' | head -n 3)"
end
