/* SPDX-License-Identifier: MIT */
/* Requests to the kernel by netlink. */
#include "lib/netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void *pv_netlink_extend(struct pv_netlink *m, size_t size)
{
    void *room = m->bytes + NLMSG_ALIGN(m->header.nlmsg_len);

    m->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(m->header.nlmsg_len) + size);
    return room;
}

void pv_netlink_begin(struct pv_netlink *m, uint16_t type, uint16_t flags)
{
    memset(m, 0, sizeof(*m));
    m->header = (struct nlmsghdr){.nlmsg_len = NLMSG_HDRLEN,
                                  .nlmsg_type = type,
                                  .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)};
}

struct rtattr *pv_netlink_put(struct pv_netlink *m, uint16_t type, const void *data, size_t size)
{
    struct rtattr *attribute = pv_netlink_extend(m, RTA_LENGTH(size));

    attribute->rta_type = type;
    attribute->rta_len = (uint16_t)RTA_LENGTH(size);
    if (size) {
        memcpy(RTA_DATA(attribute), data, size);
    }
    return attribute;
}

struct rtattr *pv_netlink_open(struct pv_netlink *m, uint16_t type)
{
    return pv_netlink_put(m, type, NULL, 0);
}

void pv_netlink_close(struct pv_netlink *m, struct rtattr *nest)
{
    nest->rta_len = (uint16_t)(m->bytes + m->header.nlmsg_len - (char *)nest);
}

/* Takes what one datagram holds. Returns an errno, 0 for the end, -1 to go on. */
static int take(const char *bytes, size_t got, struct pv_netlink *answer)
{
    while (got >= NLMSG_HDRLEN) {
        const struct nlmsghdr *header = (const struct nlmsghdr *)bytes;

        if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > got) {
            return EPROTO;
        }
        if (header->nlmsg_type == NLMSG_ERROR) {
            return header->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))
                       ? EPROTO
                       : -((const struct nlmsgerr *)NLMSG_DATA(header))->error;
        }
        if (answer) {
            memcpy(answer->bytes, bytes, header->nlmsg_len);
        }
        got -= NLMSG_ALIGN(header->nlmsg_len) < got ? NLMSG_ALIGN(header->nlmsg_len) : got;
        bytes += NLMSG_ALIGN(header->nlmsg_len);
    }
    return -1;
}

int pv_netlink_ask(int protocol, struct pv_netlink *m, struct pv_netlink *answer)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), result = -1;
    _Alignas(struct nlmsghdr) char bytes[PV_NETLINK_SIZE];

    if (fd < 0) {
        return errno;
    }
    if (answer) {
        memset(answer, 0, sizeof(*answer));
    }
    if (send(fd, m, m->header.nlmsg_len, 0) != (ssize_t)m->header.nlmsg_len) {
        result = errno;
    }
    while (result < 0) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

        result = got < 0 ? errno : take(bytes, (size_t)got, answer);
    }
    close(fd);
    return result;
}

const struct rtattr *pv_netlink_find(const struct pv_netlink *m, size_t offset, uint16_t type)
{
    const char *at = m->bytes + NLMSG_HDRLEN + NLMSG_ALIGN(offset), *end = m->bytes + m->header.nlmsg_len;

    while (at + sizeof(struct rtattr) <= end) {
        const struct rtattr *attribute = (const struct rtattr *)at;

        if (attribute->rta_len < sizeof(*attribute) || attribute->rta_len > end - at) {
            return NULL;
        }
        if ((attribute->rta_type & NLA_TYPE_MASK) == type) {
            return attribute;
        }
        at += RTA_ALIGN(attribute->rta_len);
    }
    return NULL;
}
