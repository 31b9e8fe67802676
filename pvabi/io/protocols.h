/* SPDX-License-Identifier: MIT */
/* Names of the structure layouts that a frontend may speak. */
#ifndef PVABI_IO_PROTOCOLS_H
#define PVABI_IO_PROTOCOLS_H

#define XEN_IO_PROTO_ABI_X86_32 "x86_32-abi"
#define XEN_IO_PROTO_ABI_X86_64 "x86_64-abi"
#define XEN_IO_PROTO_ABI_ARM "arm-abi"

#define XEN_IO_PROTO_ABI_NATIVE XEN_IO_PROTO_ABI_X86_64

#endif /* PVABI_IO_PROTOCOLS_H */
