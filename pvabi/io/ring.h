/* SPDX-License-Identifier: MIT */
/*
 * Rings of requests and responses in pages that two domains share.
 *
 * The frontend produces requests and the backend answers into the same slots. Producers and event indices are in the
 * shared page; consumers and what is not yet published are private to each end (front_ring, back_ring). An end sets
 * its event index to the producer's value at which it wants to be woken. Indices run freely.
 *
 * Who uses the macros defines xen_mb(), xen_rmb() and xen_wmb() and has memset(), and memcpy() for the byte rings.
 * All that comes from the shared page may change at any time: copy a slot (RING_COPY_*) before looking at it.
 */
#ifndef PVABI_IO_RING_H
#define PVABI_IO_RING_H

#include <stddef.h>
#include <stdint.h>
#include "../xen-compat.h"

typedef unsigned int RING_IDX;

/* The largest power of two that is not above the argument. */
#define __RD2(_x) (((_x) & 0x2) ? 0x2 : ((_x) & 0x1))
#define __RD4(_x) (((_x) & 0xc) ? __RD2((_x) >> 2) << 2 : __RD2(_x))
#define __RD8(_x) (((_x) & 0xf0) ? __RD4((_x) >> 4) << 4 : __RD4(_x))
#define __RD16(_x) (((_x) & 0xff00) ? __RD8((_x) >> 8) << 8 : __RD8(_x))
#define __RD32(_x) (((_x) & 0xffff0000) ? __RD16((_x) >> 16) << 16 : __RD16(_x))

/* Slots of a ring of _sz bytes: by the name that DEFINE_RING_TYPES got, or by a pointer to the shared part. */
#define __CONST_RING_SIZE(_s, _sz)                                            \
    (__RD32(((_sz) - offsetof(struct _s##_sring, ring)) /                     \
            sizeof(((struct _s##_sring *)0)->ring[0])))
#define __RING_SIZE(_s, _sz)                                                  \
    (__RD32(((_sz) - ((long)(_s)->ring - (long)(_s))) / sizeof((_s)->ring[0])))

/* The types of one kind of ring: name_sring_t, name_front_ring_t, name_back_ring_t. */
#define DEFINE_RING_TYPES(__name, __req_t, __rsp_t)                           \
    union __name##_sring_entry {                                              \
        __req_t req;                                                          \
        __rsp_t rsp;                                                          \
    };                                                                        \
    struct __name##_sring {                                                   \
        RING_IDX req_prod, req_event;                                         \
        RING_IDX rsp_prod, rsp_event;                                         \
        union {                                                               \
            struct {                                                          \
                uint8_t smartpoll_active;                                     \
            } netif;                                                          \
            struct {                                                          \
                uint8_t msg;                                                  \
            } tapif_user;                                                     \
            uint8_t pvt_pad[4];                                               \
        } pvt;                                                                \
        uint8_t __pad[44];                                                    \
        union __name##_sring_entry ring[1];                                   \
    };                                                                        \
    struct __name##_front_ring {                                              \
        RING_IDX req_prod_pvt;                                                \
        RING_IDX rsp_cons;                                                    \
        unsigned int nr_ents;                                                 \
        struct __name##_sring *sring;                                         \
    };                                                                        \
    struct __name##_back_ring {                                               \
        RING_IDX rsp_prod_pvt;                                                \
        RING_IDX req_cons;                                                    \
        unsigned int nr_ents;                                                 \
        struct __name##_sring *sring;                                         \
    };                                                                        \
    typedef struct __name##_sring __name##_sring_t;                           \
    typedef struct __name##_front_ring __name##_front_ring_t;                 \
    typedef struct __name##_back_ring __name##_back_ring_t

/* The frontend prepares the shared part once. */
#define SHARED_RING_INIT(_s)                                                  \
    do {                                                                      \
        (_s)->req_prod = (_s)->rsp_prod = 0;                                  \
        (_s)->req_event = (_s)->rsp_event = 1;                                \
        (void)memset((_s)->pvt.pvt_pad, 0, sizeof((_s)->pvt.pvt_pad));        \
        (void)memset((_s)->__pad, 0, sizeof((_s)->__pad));                    \
    } while (0)

/* Each end attaches: at the start (INIT), or where both stood before (ATTACH). */
#define FRONT_RING_ATTACH(_r, _s, _i, __size)                                 \
    do {                                                                      \
        (_r)->req_prod_pvt = (_i);                                            \
        (_r)->rsp_cons = (_i);                                                \
        (_r)->nr_ents = __RING_SIZE(_s, __size);                              \
        (_r)->sring = (_s);                                                   \
    } while (0)
#define FRONT_RING_INIT(_r, _s, __size) FRONT_RING_ATTACH(_r, _s, 0, __size)
#define XEN_FRONT_RING_INIT(r, s, size)                                       \
    do {                                                                      \
        SHARED_RING_INIT(s);                                                  \
        FRONT_RING_INIT(r, s, size);                                          \
    } while (0)
#define BACK_RING_ATTACH(_r, _s, _i, __size)                                  \
    do {                                                                      \
        (_r)->rsp_prod_pvt = (_i);                                            \
        (_r)->req_cons = (_i);                                                \
        (_r)->nr_ents = __RING_SIZE(_s, __size);                              \
        (_r)->sring = (_s);                                                   \
    } while (0)
#define BACK_RING_INIT(_r, _s, __size) BACK_RING_ATTACH(_r, _s, 0, __size)

#define RING_SIZE(_r) ((_r)->nr_ents)

/* For the frontend: slots that it may still fill. */
#define RING_FREE_REQUESTS(_r) (RING_SIZE(_r) - ((_r)->req_prod_pvt - (_r)->rsp_cons))
#define RING_FULL(_r) (RING_FREE_REQUESTS(_r) == 0)

/* What waits to be taken. Requests are bounded by the slots whose responses are not yet written. */
#define XEN_RING_NR_UNCONSUMED_RESPONSES(_r) ((_r)->sring->rsp_prod - (_r)->rsp_cons)
#define XEN_RING_NR_UNCONSUMED_REQUESTS(_r)                                   \
    PVABI_EXTENSION({                                                         \
        RING_IDX __waiting = (_r)->sring->req_prod - (_r)->req_cons;          \
        RING_IDX __room = RING_SIZE(_r) -                                     \
                          ((_r)->req_cons - (_r)->rsp_prod_pvt);              \
        __waiting < __room ? __waiting : __room;                              \
    })
#ifdef XEN_RING_HAS_UNCONSUMED_IS_BOOL
#define RING_HAS_UNCONSUMED_RESPONSES(_r) (!!XEN_RING_NR_UNCONSUMED_RESPONSES(_r))
#define RING_HAS_UNCONSUMED_REQUESTS(_r) (!!XEN_RING_NR_UNCONSUMED_REQUESTS(_r))
#else
#define RING_HAS_UNCONSUMED_RESPONSES(_r) XEN_RING_NR_UNCONSUMED_RESPONSES(_r)
#define RING_HAS_UNCONSUMED_REQUESTS(_r) XEN_RING_NR_UNCONSUMED_REQUESTS(_r)
#endif

/* The slot of an index: to be written directly, never read twice. */
#define RING_GET_REQUEST(_r, _idx)                                            \
    (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].req))
#define RING_GET_RESPONSE(_r, _idx)                                           \
    (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].rsp))

/* Copies a slot; volatile, so that the compiler does not read the shared page again later. */
#define RING_COPY_(type, r, idx, dest)                                        \
    do {                                                                      \
        *(dest) = *(volatile __typeof__(dest))RING_GET_##type(r, idx);        \
    } while (0)
#define RING_COPY_REQUEST(r, idx, req) RING_COPY_(REQUEST, r, idx, req)
#define RING_COPY_RESPONSE(r, idx, rsp) RING_COPY_(RESPONSE, r, idx, rsp)

/* The other end has gone mad: more was produced, or consumed, than fits. */
#define RING_REQUEST_CONS_OVERFLOW(_r, _cons) (((_cons) - (_r)->rsp_prod_pvt) >= RING_SIZE(_r))
#define RING_REQUEST_PROD_OVERFLOW(_r, _prod) (((_prod) - (_r)->rsp_prod_pvt) > RING_SIZE(_r))
#define RING_RESPONSE_PROD_OVERFLOW(_r, _prod) (((_prod) - (_r)->rsp_cons) > RING_SIZE(_r))

/* Publishes what was produced; the barrier makes the slots visible before the index. */
#define RING_PUSH_REQUESTS(_r)                                                \
    do {                                                                      \
        xen_wmb();                                                            \
        (_r)->sring->req_prod = (_r)->req_prod_pvt;                           \
    } while (0)
#define RING_PUSH_RESPONSES(_r)                                               \
    do {                                                                      \
        xen_wmb();                                                            \
        (_r)->sring->rsp_prod = (_r)->rsp_prod_pvt;                           \
    } while (0)

/*
 * The same, and whether the other end wants to be woken: if its event index lies in what was just published. The
 * second barrier pairs with the one in RING_FINAL_CHECK_FOR_*.
 */
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(_r, _notify)                      \
    do {                                                                      \
        RING_IDX __old = (_r)->sring->req_prod;                               \
        RING_IDX __new = (_r)->req_prod_pvt;                                  \
        xen_wmb();                                                            \
        (_r)->sring->req_prod = __new;                                        \
        xen_mb();                                                             \
        (_notify) = ((RING_IDX)(__new - (_r)->sring->req_event) <             \
                     (RING_IDX)(__new - __old));                              \
    } while (0)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(_r, _notify)                     \
    do {                                                                      \
        RING_IDX __old = (_r)->sring->rsp_prod;                               \
        RING_IDX __new = (_r)->rsp_prod_pvt;                                  \
        xen_wmb();                                                            \
        (_r)->sring->rsp_prod = __new;                                        \
        xen_mb();                                                             \
        (_notify) = ((RING_IDX)(__new - (_r)->sring->rsp_event) <             \
                     (RING_IDX)(__new - __old));                              \
    } while (0)

/* Before sleeping: asks to be woken by the next one, then looks once more. */
#define RING_FINAL_CHECK_FOR_REQUESTS(_r, _work_to_do)                        \
    do {                                                                      \
        (_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r);                     \
        if (_work_to_do)                                                      \
            break;                                                            \
        (_r)->sring->req_event = (_r)->req_cons + 1;                          \
        xen_mb();                                                             \
        (_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r);                     \
    } while (0)
#define RING_FINAL_CHECK_FOR_RESPONSES(_r, _work_to_do)                       \
    do {                                                                      \
        (_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r);                    \
        if (_work_to_do)                                                      \
            break;                                                            \
        (_r)->sring->rsp_event = (_r)->rsp_cons + 1;                          \
        xen_mb();                                                             \
        (_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r);                    \
    } while (0)

#endif /* PVABI_IO_RING_H */
