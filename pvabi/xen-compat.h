/* SPDX-License-Identifier: MIT */
/* The version of the interface that these headers describe, and what they need of the compiler. */
#ifndef PVABI_XEN_COMPAT_H
#define PVABI_XEN_COMPAT_H

#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

/* Only the latest layouts are described: a program that asks for older ones must not get the wrong ones. */
#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#elif __XEN_INTERFACE_VERSION__ != __XEN_LATEST_INTERFACE_VERSION__
#error "pvabi describes interface version 0x00040e00 only"
#endif

/* Assemblers that go through the compiler driver announce themselves by another name. */
#if defined(__ASSEMBLER__) && !defined(__ASSEMBLY__)
#define __ASSEMBLY__ 1
#endif

/* How an array of unknown length at a structure's end is spelt in the language at hand. */
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 199901L
#define XEN_FLEX_ARRAY_DIM
#else
#define XEN_FLEX_ARRAY_DIM 0
#endif
#define COMPAT_FLEX_ARRAY_DIM XEN_FLEX_ARRAY_DIM

/* Marks what the ABI needs and the strict language lacks: members of unnamed unions, empty arrays. */
#ifdef __GNUC__
#define PVABI_EXTENSION __extension__
#else
#define PVABI_EXTENSION
#endif

#endif /* PVABI_XEN_COMPAT_H */
