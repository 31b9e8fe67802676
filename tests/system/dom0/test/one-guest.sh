# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A Debian guest with two vCPUs is created, used and shut down: what the hypervisor was started with is the test.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

guest_json one '' 2
check create parvis create "$config"
check boots said one 'guest: Linux .* is up' 200
type_into one 'echo the answer is $((6 * 7))'
check shell-answers said one '^the answer is 42' 40
check shutdown parvis shutdown one
check shut-down gone one 90
end
