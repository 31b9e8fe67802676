/* SPDX-License-Identifier: MIT */
/* Event channels of this domain through Linux's /dev/xen/evtchn. */
#include "lib/evtchn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pvabi/xen.h"

#include <xen/evtchn.h>

int evtchn_open(void)
{
    int fd = open("/dev/xen/evtchn", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    return fd >= 0 ? fd : -errno;
}

static int evtchn_ioctl(int fd, unsigned long request, void *argument)
{
    int result = ioctl(fd, request, argument);

    return result >= 0 ? result : -errno;
}

int evtchn_bind_interdomain(int fd, uint32_t remote_domid, uint32_t remote_port)
{
    struct ioctl_evtchn_bind_interdomain bind = {.remote_domain = remote_domid, .remote_port = remote_port};

    return evtchn_ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
}

int evtchn_bind_virq(int fd, uint32_t virq)
{
    struct ioctl_evtchn_bind_virq bind = {.virq = virq};

    return evtchn_ioctl(fd, IOCTL_EVTCHN_BIND_VIRQ, &bind);
}

int evtchn_unbind(int fd, uint32_t port)
{
    struct ioctl_evtchn_unbind unbind = {.port = port};

    return evtchn_ioctl(fd, IOCTL_EVTCHN_UNBIND, &unbind);
}

int evtchn_notify(int fd, uint32_t port)
{
    struct ioctl_evtchn_notify notify = {.port = port};

    return evtchn_ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify);
}

int evtchn_take_pending(int fd)
{
    uint32_t port;
    ssize_t got;

    do {
        got = read(fd, &port, sizeof(port));
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno == EAGAIN ? 0 : -errno;
    }
    return got == (ssize_t)sizeof(port) ? (int)port : -EIO;
}

int evtchn_unmask(int fd, uint32_t port)
{
    ssize_t put;

    do {
        put = write(fd, &port, sizeof(port));
    } while (put < 0 && errno == EINTR);
    return put == (ssize_t)sizeof(port) ? 0 : put < 0 ? -errno : -EIO;
}
