# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Toolstacks that work on the same domains at once, beside guests that come and go, leave no domain and no memory lost;
# nor do 200 creations.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

/test/toolstack-stress 5 > /dev/null # what is made once and kept
check stress /test/toolstack-stress 100
/test/toolstack-stress 40 > /tmp/stress 2>&1 &
stress=$! round=0
tiny_json small
while kill -0 "$stress" 2>/dev/null; do
    round=$((round + 1))
    check "guest-beside-$round" parvis create "$config"
    check "guest-ends-$round" gone small 60
done
check_is domains-left 2 "$(parvis list | grep -c .)"
before=$(free_memory)
i=0 made=0
while [ $i -lt 200 ]; do
    parvis create -p "$config" > /tmp/out 2>&1 && parvis destroy small && made=$((made + 1))
    i=$((i + 1))
done
check_is made-200 200 "$made"
check free-again wait_until 10 sh -c ". /test/guests.sh; test \$(free_memory) -ge $((before - 64))"
end
