# SPDX-License-Identifier: MIT
# shellcheck shell=dash
# The guest that looks at its start of day, as a domU in each of its forms; Debian's kernel packed in other ways.
# shellcheck source=tests/system/dom0/test/lib.sh
. /test/lib.sh
# shellcheck source=tests/system/dom0/test/guests.sh
. /test/guests.sh

# form NAME MEMORY INITRD: every check of the guest passes.
form() {
    printf '{"name": "%s", "kernel": "/test/form-%s.elf", "cmdline": "console=hvc0 the words", "memory": "%s"%s}\n' \
        "$1$2" "$1" "$2" "${3:+, \"ramdisk\": \"$3\"}" > /tmp/form.json
    check "$1-$2-starts" parvis create /tmp/form.json || return
    check "$1-$2-ends" wait_until 60 is_gone "$1$2"
    check_is "$1-$2-failures" "" "$(grep -a '^TEST form-.*: failure' "$(guest_log "$1$2")" | tr -d '\r')"
    check "$1-$2-all" grep -aq 'TEST form-all: success' "$(guest_log "$1$2")"
}

for name in low no-page linux mapped offset legacy legacy-offset legacy-low; do
    form "$name" 32M /test/form-initrd
done
form low 8M
form linux 8M
form tiny 2M
gzip -c /test/form-mapped.elf > /test/form-packed.elf
form packed 16M

# bzimage PACKER: Debian's kernel comes up out of it.
bzimage() {
    guest_json "bz-$1"
    sed -i "s,/boot/vmlinuz,/test/bzimage-$1," "$config"
    check "bzimage-$1-starts" parvis create "$config"
    is_listed "bz-$1" || return
    check "bzimage-$1-is-up" said "bz-$1" 'guest: Linux .* is up' 100
    check "bzimage-$1-destroyed" parvis destroy "bz-$1"
}

bzimage lz4
bzimage zstd
printf '{"name": "refused", "kernel": "/test/form-refused.elf", "memory": "16M"}\n' > /tmp/form.json
check_refused refused '[0-9]*' of_another_world parvis create /tmp/form.json
end
