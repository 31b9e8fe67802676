# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# Configurations that cannot be: one error line that names the file, the line and the key, an exit status that is not 0,
# and nothing left behind.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# refused NAME STATUS PATTERN TEXT: a configuration of that text; the error must also name the file.
refused() {
    echo "$4" > "/tmp/$1.json"
    check_refused "$1" "$2" "$1.json.*($3)" parvis create "/tmp/$1.json"
    check_is "$1-one-line" 1 "$(parvis create "/tmp/$1.json" 2>&1 >/dev/null | grep -c .)"
}

before=$(settled_memory)
kernel='"kernel": "/boot/vmlinuz"'
refused unknown-key 2 '2: .*colour' "{\"name\": \"x\", $kernel, \"memory\": \"64M\",
 \"colour\": \"red\"}"
refused wrong-type 2 '2: .*vcpus' "{\"name\": \"x\", $kernel, \"memory\": \"64M\",
 \"vcpus\": [1]}"
refused impossible 2 '2: .*vcpus' "{\"name\": \"x\", $kernel, \"memory\": \"64M\",
 \"vcpus\": 0}"
refused no-unit 2 'memory' "{\"name\": \"x\", $kernel, \"memory\": \"64\"}"
refused no-name 2 'name' "{$kernel, \"memory\": \"64M\"}"
refused no-kernel-key 2 'kernel' '{"name": "x", "memory": "64M"}'
refused no-kernel-file '[1-9]' '/boot/none' '{"name": "x", "kernel": "/boot/none", "memory": "64M"}'
refused no-elf '[1-9]' 'kernel' '{"name": "x", "kernel": "/etc/passwd", "memory": "64M"}'
refused too-much-memory 4 'free' "{\"name\": \"x\", $kernel, \"memory\": \"500G\"}"
refused no-json 2 '1:' 'name = x'
refused cut-off 2 ':' '{"name": "x",'
refused twice 2 '2: .*name' "{\"name\": \"x\",
 \"name\": \"y\", $kernel, \"memory\": \"64M\"}"
check nothing-started wait_until 60 only_dom0
check_is free-memory "$before" "$(settled_memory)"
end
