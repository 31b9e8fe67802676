# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A machine of some shape: dom0 has the vCPUs and the memory that the kernel's words "cpus=N" and "least=MIB" want.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh

read -r words < /proc/cmdline
cpus='' least=''
for word in $words; do
    case $word in
    cpus=*) cpus=${word#cpus=} ;;
    least=*) least=${word#least=} ;;
    esac
done
check_is cpus "$cpus" "$(nproc)"
total=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
check "memory-$total-of-$least" test "$total" -ge "$least"
# Each CPU runs something of its own.
cpu=0
while [ "$cpu" -lt "$cpus" ]; do
    check "runs-on-$cpu" taskset "$(printf %x $((1 << cpu)))" sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
    cpu=$((cpu + 1))
done
end
