/* SPDX-License-Identifier: MIT */
/* The journal's records: a header, then what the type says. For journal.c and journal_read.c alone. */
#ifndef XENSTORED_JOURNAL_FORMAT_H
#define XENSTORED_JOURNAL_FORMAT_H

#include <stdint.h>

enum journal_type {
    JOURNAL_NODE = 1,    /* path, permissions, u32 length, value */
    JOURNAL_NODE_GONE,   /* path */
    JOURNAL_SPECIAL,     /* name, permissions */
    JOURNAL_DOMAIN,      /* struct journal_domain */
    JOURNAL_DOMAIN_GONE, /* nothing */
    JOURNAL_WATCH,       /* u32 relative, path, token */
    JOURNAL_UNWATCH,     /* path, token */
    JOURNAL_TXN,         /* u32 id */
    JOURNAL_TXN_GONE,    /* u32 id */
    JOURNAL_RESET,       /* nothing */
    JOURNAL_INPUT,       /* u32 req_cons, the bytes of the incomplete message */
    JOURNAL_OUTPUT,      /* bytes */
};

/* Strings end with a NUL; permissions are a u32 count and that many struct perm. */
struct journal_header {
    uint32_t length; /* of the whole record */
    uint16_t type;
    uint16_t domid;
};

#endif
