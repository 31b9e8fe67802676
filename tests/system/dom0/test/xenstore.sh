# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Debian's xenstore-read, -write, -ls, -list, -exists, -rm, -chmod and -watch.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh

check write xenstore-write /t/a one /t/b two
check_is read "one two" "$(xenstore-read /t/a /t/b | tr '\n' ' ' | sed 's/ $//')"
check_is list "a b" "$(xenstore-list /t | sort | tr '\n' ' ' | sed 's/ $//')"
check_is ls 'a = "one"' "$(xenstore-ls /t | head -n 1)"
check exists xenstore-exists /t/a
check not-exists sh -c '! xenstore-exists /t/none'
check read-none sh -c '! xenstore-read /t/none'
check chmod xenstore-chmod /t/a n0 r1
check perms sh -c 'xenstore-ls -p /t | grep -q "^a = .one. .*(n0,r1)$"'
xenstore-watch -n 2 /t > /tmp/watched &
usleep 500000
xenstore-write /t/c three
wait_until 10 grep -q /t/c /tmp/watched
check_is watch "/t /t/c" "$(tr '\n' ' ' < /tmp/watched | sed 's/ $//')"
wait
check rm xenstore-rm /t
check gone sh -c '! xenstore-exists /t/a'
check_is many 200 "$(i=0; while [ $i -lt 200 ]; do echo "/m/key-number-$i value-$i"; i=$((i + 1)); done |
    xargs -n 20 xenstore-write && xenstore-list /m | wc -l)"
# A folder that does not fit one answer (4096 bytes) comes in parts.
i=0
while [ $i -lt 120 ]; do
    xenstore-write "/long/$(printf 'a-rather-long-name-of-a-node-%060d' $i)" x
    i=$((i + 1))
done
check_is parts 120 "$(xenstore-list /long | wc -l)"
check_is domid 0 "$(xenstore-read /local/domain/0/domid)"
end
