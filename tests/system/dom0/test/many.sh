# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Eight Debian guests at once beside dom0: each boots, each answers, and one that crashes hurts no other.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

for guest in a b c d e f g h; do
    guest_json "$guest"
    sed -i 's/256M/160M/' "$config"
    check "create-$guest" parvis create "$config"
done
for guest in a b c d e f g h; do
    check "boots-$guest" said "$guest" 'guest: Linux .* is up' 240
done
type_into a 'echo c > /proc/sysrq-trigger'
check crashed gone a 60
for guest in b c d e f g h; do
    type_into "$guest" "echo $guest lives \$((6 * 7))"
    check "answers-$guest" said "$guest" "^$guest lives 42" 60
    check "destroy-$guest" parvis destroy "$guest"
done
check nothing-left wait_until 60 only_dom0
end
