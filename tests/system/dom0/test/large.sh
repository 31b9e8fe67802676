# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# A guest that has nearly all free memory, and one that wants more than there is.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# sized NAME MIB: a Debian guest of that size.
sized() {
    guest_json "$1"
    sed -i "s/256M/$2M/" "$config"
}

# same_memory KIB: what was free is free again, but for some pages of the hypervisor's heap.
same_memory() {
    wait_until 60 sh -c '. /test/guests.sh; test $(($1 - $(free_memory))) -le 64' sh "$1"
}

# What is left is for the hypervisor's own records, and for what Debian's tools would keep free, too.
left=16
before=$(free_memory)
size=$((before / 1024 - left))
check much-is-free test "$size" -gt 1500
sized large "$size"
check create parvis create "$config"
check is-up said large 'guest: Linux .* is up' 200
check little-left test "$(free_memory)" -lt $(((left + 1) * 1024))
check has-all sh -c "parvis info large -o json | grep -q '\"memory[a-z_]*\" *: *$((size * 1024))'"
check destroy parvis destroy large
check gone gone large 60
check all-back same_memory "$before"
sized larger $((before / 1024 + 1))
check_refused too-large '[1-9][0-9]*' memory parvis create "$config"
check nothing-lost same_memory "$before"
check nobody-left wait_until 60 only_dom0
end
