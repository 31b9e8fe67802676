/* SPDX-License-Identifier: MIT */
/* Requests to the kernel by netlink: a message that is put together, sent, and acknowledged. */
#ifndef PVTOOLS_NETLINK_H
#define PVTOOLS_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#define PV_NETLINK_SIZE 4096

/* A message. What is put into one fits: requests are short, and their names' lengths were checked. */
struct pv_netlink {
    union {
        struct nlmsghdr header;
        char bytes[PV_NETLINK_SIZE];
    };
};

/* Begins a request, NLM_F_* flags beside those of every request. */
void pv_netlink_begin(struct pv_netlink *m, uint16_t type, uint16_t flags);

/* Room for `size` bytes at its end, zeroed. */
void *pv_netlink_extend(struct pv_netlink *m, size_t size);

/* Adds an attribute; or one that holds all that is added until it is closed. */
struct rtattr *pv_netlink_put(struct pv_netlink *m, uint16_t type, const void *data, size_t size);
struct rtattr *pv_netlink_open(struct pv_netlink *m, uint16_t type);
void pv_netlink_close(struct pv_netlink *m, struct rtattr *nest);

/* Sends it by a protocol (NETLINK_ROUTE, ...): 0 or an errno. Where `answer` is not NULL it gets the message that came
 * before the acknowledgement, of length 0 if there was none. */
int pv_netlink_ask(int protocol, struct pv_netlink *m, struct pv_netlink *answer);

/* The first attribute of that type at `offset` in a message's content; NULL: none. */
const struct rtattr *pv_netlink_find(const struct pv_netlink *m, size_t offset, uint16_t type);

#endif
