# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# GRUB as a guest starts Debian from its memory disk; unpacking the kernel takes it a while.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

printf '{"name": "pvgrub", "kernel": "/test/pvgrub.elf", "memory": "256M", "vcpus": 2}\n' > /tmp/pvgrub.json
check create parvis create /tmp/pvgrub.json
check grub said pvgrub 'GRUB is here' 60
check linux said pvgrub 'guest: Linux .* is up' 300
check words said pvgrub 'Command line: .*from=grub' 1
check shutdown parvis shutdown pvgrub
check gone gone pvgrub 60
end
