/* SPDX-License-Identifier: MIT */
/*
 * A client of xenstore over the guest's own ring: questions that wait for their answers, watches, and
 * transactions. Relative paths begin at this domain's folder, /local/domain/N.
 *
 * Results are 0 or a negative error (the daemon's, by name). For one vCPU at a time, and not for event
 * handlers.
 */
#ifndef GUEST_XENSTORE_H
#define GUEST_XENSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XS_PATH_MAX       256
#define XS_NO_TRANSACTION 0u

/* -XEN_ENODEV where the domain builder gave no ring (the first domain). */
int xs_init(void);
/* After a resume as another domain: the ring has another port, and all watches are set again, so that each fires. */
void xs_resume(void);
/* The value, ended by a NUL and cut to `size`; its length comes back, or a negative error. */
int xs_read(uint32_t transaction, const char *path, char *value, size_t size);
int xs_write(uint32_t transaction, const char *path, const char *value);
int xs_mkdir(uint32_t transaction, const char *path);
int xs_remove(uint32_t transaction, const char *path);
/* Who may read it, in xenstore's form such as "n1" or "r2". */
int xs_set_permissions(uint32_t transaction, const char *path, const char *first, const char *second);
/* The names below a node, each ended by a NUL, into `names`; how many there are, or a negative error. */
int xs_directory(uint32_t transaction, const char *path, char *names, size_t size);
/* -XEN_EAGAIN from the end means: do it again. */
int xs_transaction_start(uint32_t *transaction);
int xs_transaction_end(uint32_t transaction, bool commit);

/* A watch fires once at first, then at each change at or below the path. The token comes back with it. */
int xs_watch(const char *path, const char *token);
int xs_unwatch(const char *path, const char *token);
/* The watch is gone with its domain: nobody is asked, and xs_resume does not set it again. */
void xs_forget(const char *path, const char *token);
/* The next watch that fired, without waiting; false if there is none. */
bool xs_next_watch(char *path, size_t path_size, char *token, size_t token_size);

/* FOLDER/NAME as a number; a value that is none, or no node, is a negative error. */
int xs_read_number(const char *folder, const char *name, unsigned long *value);
/* The same, `fallback` if there is none. */
unsigned long xs_get_number(const char *folder, const char *name, unsigned long fallback);
int xs_write_number(const char *folder, const char *name, unsigned long value);
int xs_read_text(const char *folder, const char *name, char *value, size_t size);
int xs_write_text(const char *folder, const char *name, const char *value);

#endif
