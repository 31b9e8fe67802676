# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# The tools' answers where no guest exists yet.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh

check version parvis version
check help parvis help
check list sh -c 'parvis list | grep -q Domain-0'
check list-json sh -c 'parvis list -o json | grep -q "Domain-0"'
check info parvis info
check info-json sh -c 'parvis info -o json | grep -q memory'
check dmesg sh -c 'parvis dmesg | grep -qi parvis'
check xenstored-socket test -S /run/xenstored/socket
for daemon in parvis-xenstored parvis-consoled parvis-monitord; do
    check "$daemon" pidof "$daemon"
    check "$daemon-help" "$daemon" --help
done
check_refused unknown-command 2 frobnicate parvis frobnicate
check_refused unknown-domain 3 nobody parvis info nobody
check_refused no-file 2 '/tmp/none.json' parvis create /tmp/none.json
end
