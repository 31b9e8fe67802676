/* SPDX-License-Identifier: MIT */
/* Memory for the hypervisor's own objects. */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include "lib/types.h"

/* size bytes of zeros, aligned to 16 (to a frame from 4096 on); NULL when there is no memory, or size is 0 or
 * over 1 GiB. */
void *heap_zalloc(size_t size) MUST_CHECK;

/* Gives it back; NULL is fine. */
void heap_free(void *object);

/* Frames that the heap has now: for tests and for the memory figures. */
uint64_t heap_frame_count(void);

#endif
