/* SPDX-License-Identifier: MIT */
/* The shared rings' macros with this library's barriers. All that another end wrote is copied before use. */
#ifndef GUEST_RING_H
#define GUEST_RING_H

#include "guest/string.h"

#define xen_mb()  __asm__ volatile("mfence" ::: "memory")
#define xen_rmb() __asm__ volatile("" ::: "memory")
#define xen_wmb() __asm__ volatile("" ::: "memory")

#include "pvabi/io/ring.h"

#endif
