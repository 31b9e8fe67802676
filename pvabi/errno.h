/* SPDX-License-Identifier: MIT */
/*
 * Error numbers of hypercalls (returned negated); the same values as Linux has on x86.
 *
 * Included plainly it gives the constants XEN_EPERM and so on. Included with XEN_ERRNO(name, value) defined it gives
 * one invocation for each error, so that tables can be made; XEN_ERRNO is undefined afterwards.
 */
#ifndef XEN_ERRNO

#ifndef PVABI_ERRNO_H
#define PVABI_ERRNO_H
#include "xen-compat.h"
#ifndef __ASSEMBLY__
#define PVABI_ERRNO_ENUM 1
#define XEN_ERRNO(name, value) XEN_##name = value,
enum xen_errno {
#endif
#endif

#endif /* XEN_ERRNO */

#ifdef XEN_ERRNO
XEN_ERRNO(EPERM, 1)          /* not permitted */
XEN_ERRNO(ENOENT, 2)         /* no such thing */
XEN_ERRNO(ESRCH, 3)          /* no such domain */
XEN_ERRNO(EINTR, 4)          /* interrupted */
XEN_ERRNO(EIO, 5)            /* input or output failed */
XEN_ERRNO(ENXIO, 6)          /* no such device or address */
XEN_ERRNO(E2BIG, 7)          /* too many arguments */
XEN_ERRNO(ENOEXEC, 8)        /* not an executable that can be run */
XEN_ERRNO(EBADF, 9)          /* bad descriptor */
XEN_ERRNO(ECHILD, 10)        /* no children */
XEN_ERRNO(EAGAIN, 11)        /* try again */
XEN_ERRNO(EWOULDBLOCK, 11)   /* the same under another name */
XEN_ERRNO(ENOMEM, 12)        /* out of memory */
XEN_ERRNO(EACCES, 13)        /* access denied; also: wrong interface version */
XEN_ERRNO(EFAULT, 14)        /* bad pointer */
XEN_ERRNO(EBUSY, 16)         /* in use */
XEN_ERRNO(EEXIST, 17)        /* is there already */
XEN_ERRNO(EXDEV, 18)         /* crosses devices */
XEN_ERRNO(ENODEV, 19)        /* no such device */
XEN_ERRNO(ENOTDIR, 20)       /* not a directory */
XEN_ERRNO(EISDIR, 21)        /* is a directory */
XEN_ERRNO(EINVAL, 22)        /* invalid argument */
XEN_ERRNO(ENFILE, 23)        /* table of files is full */
XEN_ERRNO(EMFILE, 24)        /* too many open */
XEN_ERRNO(ENOSPC, 28)        /* no space left */
XEN_ERRNO(EROFS, 30)         /* read-only */
XEN_ERRNO(EMLINK, 31)        /* too many links */
XEN_ERRNO(EDOM, 33)          /* outside of the function's domain */
XEN_ERRNO(ERANGE, 34)        /* result out of range */
XEN_ERRNO(EDEADLK, 35)       /* would deadlock */
XEN_ERRNO(EDEADLOCK, 35)     /* the same under another name */
XEN_ERRNO(ENAMETOOLONG, 36)  /* name too long */
XEN_ERRNO(ENOLCK, 37)        /* no locks left */
XEN_ERRNO(ENOSYS, 38)        /* no such operation */
XEN_ERRNO(ENOTEMPTY, 39)     /* not empty */
XEN_ERRNO(ENODATA, 61)       /* no data */
XEN_ERRNO(ETIME, 62)         /* timer ran out */
XEN_ERRNO(EBADMSG, 74)       /* malformed message */
XEN_ERRNO(EOVERFLOW, 75)     /* value too large for its type */
XEN_ERRNO(EILSEQ, 84)        /* illegal sequence of bytes */
XEN_ERRNO(ERESTART, 85)      /* start the call again; inside the hypervisor only, no guest ever sees it */
XEN_ERRNO(ENOTSOCK, 88)      /* not a socket */
XEN_ERRNO(EMSGSIZE, 90)      /* message too long */
XEN_ERRNO(EOPNOTSUPP, 95)    /* not supported */
XEN_ERRNO(EADDRINUSE, 98)    /* address in use */
XEN_ERRNO(EADDRNOTAVAIL, 99) /* address not available */
XEN_ERRNO(ENOBUFS, 105)      /* no buffer space */
XEN_ERRNO(EISCONN, 106)      /* is connected */
XEN_ERRNO(ENOTCONN, 107)     /* is not connected */
XEN_ERRNO(ETIMEDOUT, 110)    /* timed out */
XEN_ERRNO(ECONNREFUSED, 111) /* refused */
#undef XEN_ERRNO
#endif

#ifdef PVABI_ERRNO_ENUM
#undef PVABI_ERRNO_ENUM
    PVABI_ERRNO_LAST = XEN_ECONNREFUSED
};
#endif
