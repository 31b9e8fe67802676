/* SPDX-License-Identifier: MIT */
/* What AddressSanitizer is told by the tests' machine: memory that nobody may touch now. */
#ifndef TESTS_FAKE_POISON_H
#define TESTS_FAKE_POISON_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAKE_POISONS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FAKE_POISONS
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(FAKE_POISONS)
#define FAKE_POISONS
#endif

#ifdef FAKE_POISONS
#define FAKE_POISONING true
#include <sanitizer/asan_interface.h>
#define poison(address, size)   __asan_poison_memory_region((address), (size))
#define unpoison(address, size) __asan_unpoison_memory_region((address), (size))
#else
#define FAKE_POISONING         false
#define poison(address, size)   ((void)(address), (void)(size))
#define unpoison(address, size) ((void)(address), (void)(size))
#endif

#endif
