# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# dom0's reboot must end QEMU, which runs with -no-reboot.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
ok before
report end
report "status 0"
sync
reboot -f
sleep 30
