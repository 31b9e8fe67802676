/* SPDX-License-Identifier: MIT */
/* Machine interrupts for domains. One table for the machine, under pirq_lock. */
#include "core/pirq.h"
#include "core/domain.h"
#include "core/msi.h"
#include "lib/nospec.h"
#include "port/irq.h"
#include "pvabi/errno.h"

struct pirq {
    struct domain *owner;  /* whose event channel it is bound to; NULL: none */
    struct domain *mapper; /* who has it mapped, NULL: nobody; compared, never followed */
    bool routed, level, low;
    bool waiting_eoi;
};

static struct pirq pirqs[MSI_END];
static struct spinlock pirq_lock = SPINLOCK(LOCK_PIRQ);

unsigned int pirq_count(void)
{
    return MSI_END;
}

/* Whether there is a line, or a message in use, of that number. Needs pirq_lock for messages. */
static bool exists(uint32_t number)
{
    return number < port_irq_count() || msi_is_set_up(number);
}

/* Needs pirq_lock. */
static void mask(uint32_t number, bool masked)
{
    if (number < PORT_IRQ_MAX) {
        port_irq_mask(number, masked);
    } else {
        msi_mask(number, masked);
    }
}

/* Needs pirq_lock. */
static int route(struct pirq *p, uint32_t number)
{
    int error = p->routed || number >= PORT_IRQ_MAX ? 0 : port_irq_route(number, p->level, p->low);

    p->routed = p->routed || error == 0;
    return error;
}

int pirq_setup(uint32_t number, bool level, bool low)
{
    struct lock_token token;
    struct pirq *p;
    int error = -XEN_EEXIST;

    if (number >= port_irq_count()) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&pirq_lock);
    p = &pirqs[number];
    if (!p->routed) {
        p->level = level;
        p->low = low;
        error = route(p, number);
    } else if (!p->owner && (p->level != level || p->low != low)) {
        p->level = level;
        p->low = low;
        p->routed = false;
        error = route(p, number);
    }
    lock_release(token);
    return error;
}

int pirq_map(struct domain *d, uint32_t number)
{
    struct lock_token token;
    int error = 0;

    if (number >= port_irq_count()) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&pirq_lock);
    number = (uint32_t)index_nospec(number, PORT_IRQ_MAX);
    if (pirqs[number].mapper && pirqs[number].mapper != d) {
        error = -XEN_EEXIST;
    } else {
        pirqs[number].mapper = d;
    }
    lock_release(token);
    return error;
}

/* Needs pirq_lock. */
static void release(struct pirq *p, uint32_t number)
{
    mask(number, true);
    p->owner = NULL;
    p->waiting_eoi = false;
}

/* Needs pirq_lock. */
static void unmap(struct pirq *p, uint32_t number)
{
    p->mapper = NULL;
    if (p->owner) {
        release(p, number);
    }
    if (number >= PORT_IRQ_MAX) {
        msi_release(number);
    }
}

int pirq_unmap(struct domain *d, uint32_t number)
{
    struct lock_token token;
    int error = -XEN_EINVAL;
    struct pirq *p;

    if (number >= MSI_END) {
        return error;
    }
    token = lock_acquire(&pirq_lock);
    p = &pirqs[index_nospec(number, MSI_END)];
    if (exists(number) && p->mapper == d) {
        unmap(p, number);
        error = 0;
    }
    lock_release(token);
    return error;
}

int pirq_bind(struct domain *d, uint32_t number, bool share)
{
    struct lock_token token;
    struct pirq *p;
    int error;

    (void)share; /* one domain has all hardware: an interrupt has one owner */
    if (number >= MSI_END || (number < PORT_IRQ_MAX && !exists(number))) {
        return -XEN_EINVAL;
    }
    if (number < PORT_IRQ_MAX && (!d->irqs || !rangeset_contains(d->irqs, number, number))) {
        return -XEN_EPERM;
    }
    token = lock_acquire(&pirq_lock);
    p = &pirqs[index_nospec(number, MSI_END)];
    if (number >= PORT_IRQ_MAX && (!exists(number) || p->mapper != d)) {
        error = -XEN_EINVAL; /* a message is for the domain that asked for it */
    } else if (p->owner) {
        error = -XEN_EBUSY;
    } else {
        if (number < PORT_IRQ_MAX && !p->routed) {
            port_irq_default(number, &p->level, &p->low);
        }
        error = route(p, number);
    }
    if (!error) {
        p->owner = d;
        p->mapper = d;
        p->waiting_eoi = false;
        mask(number, false);
    }
    lock_release(token);
    return error;
}

void pirq_unbind(struct domain *d, uint32_t number)
{
    struct lock_token token;

    if (number >= MSI_END) {
        return;
    }
    token = lock_acquire(&pirq_lock);
    if (pirqs[number].owner == d) {
        release(&pirqs[number], number);
    }
    lock_release(token);
}

void pirq_target(struct domain *d, uint32_t number, unsigned int cpu)
{
    struct lock_token token;

    if (number >= MSI_END) {
        return;
    }
    token = lock_acquire(&pirq_lock);
    if (pirqs[number].owner == d && number < PORT_IRQ_MAX) {
        port_irq_target(number, cpu);
    } else if (pirqs[number].owner == d) {
        msi_target(number, cpu);
    }
    lock_release(token);
}

void pirq_unmask(struct domain *d, uint32_t number)
{
    struct lock_token token;

    if (number >= MSI_END) {
        return;
    }
    token = lock_acquire(&pirq_lock);
    if (pirqs[number].owner == d && pirqs[number].waiting_eoi) {
        pirqs[number].waiting_eoi = false;
        mask(number, false);
    }
    lock_release(token);
}

int pirq_status(uint32_t number, bool *needs_eoi)
{
    struct lock_token token;

    if (number >= MSI_END || (number < PORT_IRQ_MAX && !exists(number))) {
        return -XEN_EINVAL;
    }
    token = lock_acquire(&pirq_lock);
    *needs_eoi = pirqs[index_nospec(number, MSI_END)].level;
    lock_release(token);
    return 0;
}

void pirq_interrupt(uint32_t number)
{
    struct lock_token token = lock_acquire(&pirq_lock);
    struct pirq *p = &pirqs[number];
    struct domain *d = p->owner;

    if (!d || p->level) {
        mask(number, true);
        p->waiting_eoi = d != NULL;
    }
    lock_release(token);
    /* The first domain has all pirqs and never goes away. */
    if (d) {
        evtchn_send_pirq(d, number);
    }
}

int pirq_map_message(struct domain *d, const struct msi_request *request, uint32_t *pirq)
{
    struct lock_token token = lock_acquire(&pirq_lock);
    unsigned int number;
    int error = msi_setup(request, &number);

    if (!error) {
        pirqs[number] = (struct pirq){.mapper = d};
        *pirq = number;
    }
    lock_release(token);
    return error;
}

int pirq_remove_function(const struct pci_function *f)
{
    struct lock_token token = lock_acquire(&pirq_lock);
    int error = pci_remove(*f);

    for (unsigned int n = msi_next(*f, 0); error == 0 && n < MSI_END; n = msi_next(*f, n + 1)) {
        unmap(&pirqs[n], n);
    }
    lock_release(token);
    return error;
}

int pirq_restore_function(const struct pci_function *f)
{
    struct lock_token token = lock_acquire(&pirq_lock);
    int error = pci_known(*f) ? 0 : -XEN_ENODEV;

    for (unsigned int n = msi_next(*f, 0); error == 0 && n < MSI_END; n = msi_next(*f, n + 1)) {
        msi_restore(n);
    }
    lock_release(token);
    return error;
}

int pirq_protect_table(const struct pci_function *f, bool protect)
{
    struct lock_token token = lock_acquire(&pirq_lock);
    int error = protect ? msi_prepare_table(*f) : msi_release_table(*f);

    lock_release(token);
    return error;
}
