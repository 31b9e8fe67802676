# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A crash of dom0's kernel.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
report end
report "status 0"
sync
echo c > /proc/sysrq-trigger
sleep 30
