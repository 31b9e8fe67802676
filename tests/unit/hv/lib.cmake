# SPDX-License-Identifier: MIT
# The ground floor: text, range sets, bits, the instruction decoder, the ELF reader.
parvis_unit_test(unit-hv-lib SOURCES lib_test.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/printf.c
    ${CMAKE_SOURCE_DIR}/hypervisor/lib/rangeset.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/strlcpy.c INCLUDES ${hv_includes})
parvis_unit_test(unit-hv-insn SOURCES insn_test.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/insn.c
    ${CMAKE_SOURCE_DIR}/hypervisor/lib/insn_operand.c INCLUDES ${hv_includes})
parvis_unit_test(unit-hv-elf SOURCES elf_test.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/elf.c
    ${CMAKE_SOURCE_DIR}/hypervisor/lib/elf_kernel.c INCLUDES ${hv_includes})
parvis_unit_test(unit-hv-boot SOURCES boot_test.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/boot_info.c
    ${CMAKE_SOURCE_DIR}/hypervisor/lib/boot_archive.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/multiboot.c
    ${CMAKE_SOURCE_DIR}/hypervisor/lib/pvh.c ${CMAKE_SOURCE_DIR}/hypervisor/lib/extents.c
    ${CMAKE_SOURCE_DIR}/hypervisor/lib/strlcpy.c INCLUDES ${hv_includes})
