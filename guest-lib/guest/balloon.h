/* SPDX-License-Identifier: MIT */
/* Giving memory back to the hypervisor and getting it again. */
#ifndef GUEST_BALLOON_H
#define GUEST_BALLOON_H

/* Gives `count` free pages of the linear map back; how many it were, or a negative error if none. */
long balloon_inflate(unsigned long count);
/* Gets up to `count` of them back; how many, or a negative error if none. */
long balloon_deflate(unsigned long count);
/* Pages that are given away. */
unsigned long balloon_size(void);
/* Moves towards the toolstack's memory/target of xenstore. 0 or a negative error. */
int balloon_follow_target(void);

#endif
