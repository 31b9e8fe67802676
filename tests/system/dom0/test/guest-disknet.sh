# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Runs in a Debian guest of the pairings test: its disk and its network interface work, data is verified.
#   disknet.sh OWN-ADDRESS OTHER-ADDRESS ECHO-ADDRESS send|receive
own=$1 other=$2 echo_address=$3 role=$4

for module in /test/modules/*.ko; do
    insmod "$module"
done

wait_for() {
    tries=300
    until "$@" > /dev/null 2>&1; do
        [ "$tries" -gt 0 ] || return 1
        tries=$((tries - 1))
        usleep 100000
    done
}

sum() {
    md5sum | cut -d ' ' -f 1
}

check_disk() {
    wait_for test -b /dev/xvda || { echo "VERDICT disk: no /dev/xvda"; return; }
    dd if=/dev/urandom of=/tmp/data bs=64k count=48 2> /dev/null
    dd if=/tmp/data of=/dev/xvda bs=64k conv=fsync 2> /dev/null || echo "VERDICT disk: a write failed"
    # Blocks that do not begin at pages, in small requests.
    dd if=/tmp/data of=/dev/xvda bs=512 seek=7001 count=9 conv=fsync 2> /dev/null
    echo 3 > /proc/sys/vm/drop_caches
    written=$(sum < /tmp/data)
    read_back=$(dd if=/dev/xvda bs=64k count=48 2> /dev/null | sum)
    small=$(dd if=/dev/xvda bs=512 skip=7001 count=9 2> /dev/null | sum)
    wanted=$(dd if=/tmp/data bs=512 count=9 2> /dev/null | sum)
    [ "$written $small" = "$read_back $wanted" ] && echo "VERDICT disk: same" || echo "VERDICT disk: differs"
    echo "persistent: $(cat /sys/block/xvda/queue/discard_granularity) $(ls /sys/block/xvda/mq)"
}

# The receiver listens before it does anything else, the sender tries until it is heard: neither knows how far the
# other is.
check_net() {
    wait_for test -e /sys/class/net/eth0 || { echo "VERDICT net: no eth0"; return; }
    ip addr add "$own/24" dev eth0
    ip link set eth0 up
    if [ "$role" = receive ]; then
        # Its input must not end: the sender would take that for the end of the whole.
        mkfifo /tmp/never
        nc -l -p 5000 0<> /tmp/never > /tmp/got &
        listener=$!
    fi
    wait_for ping -c 1 -W 1 "$other" || echo "VERDICT net: $other does not answer"
    wait_for ping -c 1 -W 5 "$echo_address" && echo "VERDICT echo: answers" || echo "VERDICT echo: silent"
    wait_for ping -c 1 -s 8000 -W 5 "$other" && echo "VERDICT fragments: answered"
    if [ "$role" = receive ]; then
        wait "$listener"
        echo "VERDICT got $(sum < /tmp/got)"
    else
        wait_for send_data
        echo "VERDICT sent $(sum < /tmp/data)"
        /test/udp "$echo_address" 7 quit && echo "VERDICT udp: echoed"
    fi
}

send_data() {
    nc "$other" 5000 < /tmp/data
}

check_disk
check_net
echo "VERDICT end"
