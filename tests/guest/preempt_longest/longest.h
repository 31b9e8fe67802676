/* SPDX-License-Identifier: MIT */
/* What the files of the image with the longest hypercalls share. */
#ifndef PREEMPT_LONGEST_LONGEST_H
#define PREEMPT_LONGEST_LONGEST_H

/* count hypercalls op(command, argument), whose arguments of `size` bytes stand one behind the other; all succeed. */
void longest_many(unsigned long op, unsigned long command, void *arguments, unsigned long size, unsigned int count);

#endif
