# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A kernel with PREEMPT_RT as dom0 and as guest: its event handlers end with events to themselves, and still dom0 works and
# the guest answers each line of many, also while it is busy.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

check_is dom0 1 "$(cat /sys/kernel/realtime)"
guest_json rt '' 2
check create parvis create "$config"
check up said rt 'guest: Linux .* is up' 120
type_into rt 'echo kernel $(uname -v)'
check guest said rt '^kernel .*PREEMPT_RT' 60
for n in 1 2 3 4 5 6; do
    type_into rt "echo answer $n"
    check "answer-$n" said rt "^answer $n" 60
done
# The load forks and does not exec: see exec_race in system/kernels.
type_into rt 'for i in $(seq 300); do (while read -r line; do :; done </proc/stat); done; echo load is over'
type_into rt 'echo answer 7'
check load said rt '^load is over' 120
check answer-7 said rt '^answer 7' 60
check destroy parvis destroy rt
show_logs rt
grep 'op=26 .* result=-22' "$(guest_log rt)" # system/kernels wants to know
end
