/* SPDX-License-Identifier: MIT */
/* mmu_update: writes to page tables and to the machine-to-physical table. */
#include "core/domain.h"
#include "core/frame.h"
#include "core/pt_update.h"
#include "hypercall/mmu_batch.h"
#include "port/cpu.h"
#include "port/guest_copy.h"
#include "port/map.h"

#define COMMAND_MASK 7u /* requests are for entries of 8 bytes */

struct mmu_context {
    struct domain *table_owner, *data_owner;
};

static int update_table(const struct mmu_context *c, uint64_t address, uint64_t value, bool keep_ad)
{
    struct pt_update u = {
        .table_owner = c->table_owner,
        .data_owner = c->data_owner,
        .table = maddr_to_mfn(maddr(address)),
        .index = (unsigned int)(address % PAGE_SIZE / sizeof(uint64_t)),
        .value = value,
        .keep_ad = keep_ad,
    };
    int rc;

    if (LIKELY(pt_update_l1(&u, &rc))) {
        return rc;
    }
    if (!frame_get(u.table, c->table_owner)) {
        return -XEN_EINVAL;
    }
    rc = pt_update(port_current(), &u);
    frame_put(u.table);
    return rc;
}

static int update_m2p(const struct mmu_context *c, uint64_t address, uint64_t value)
{
    mfn_t m = maddr_to_mfn(maddr(address));

    if (c->table_owner != CURRENT_DOMAIN()) {
        return -XEN_EPERM;
    }
    if (!frame_get(m, c->data_owner)) {
        return -XEN_EINVAL;
    }
    port_m2p_set(m, value);
    frame_put(m);
    return 0;
}

static int mmu_update_step(void *context, guest_va_t at)
{
    const struct mmu_context *c = context;
    struct mmu_update request;
    uint64_t address;

    if (port_copy_from_guest(&request, at, sizeof(request))) {
        return -XEN_EFAULT;
    }
    address = request.ptr & ~(uint64_t)COMMAND_MASK;
    switch (request.ptr & COMMAND_MASK) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return update_table(c, address, request.val, false);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return update_table(c, address, request.val, true);
    case MMU_MACHPHYS_UPDATE:
        return update_m2p(c, address, request.val);
    default:
        return -XEN_ENOSYS;
    }
}

static const struct mmu_batch_kind mmu_update_kind = {sizeof(struct mmu_update), mmu_update_step};

/* Another domain's frames, I/O memory apart, and another domain's tables are for those who control it. */
static bool mmu_update_permitted(const struct mmu_context *c)
{
    const struct domain *self = CURRENT_DOMAIN();

    return (c->data_owner == self || c->data_owner == domain_io || self->privileged) &&
           (c->table_owner == self || self->privileged);
}

static int64_t mmu_update_for(struct mmu_batch *batch, struct hypercall_args *args,
                              struct domain *table_owner)
{
    struct mmu_context c = {table_owner, mmu_owner_get((domid_t)(batch->foreign & 0xffff))};
    int64_t rc = -XEN_EPERM;

    if (!c.data_owner) {
        return -XEN_ESRCH;
    }
    if (batch->count == 0 || mmu_update_permitted(&c)) {
        rc = mmu_batch_run(batch, args, &mmu_update_kind, &c);
    }
    mmu_owner_put(c.data_owner);
    return rc;
}

int64_t hypercall_mmu_update(struct hypercall_args *args)
{
    struct domain *self = CURRENT_DOMAIN(), *table_owner = self;
    struct mmu_batch batch;
    int64_t rc = mmu_batch_begin(&batch, args);

    if (rc) {
        return rc;
    }
    if (mmu_batch_is_rest(&batch)) {
        return (int32_t)batch.foreign;
    }
    if (batch.foreign >> 16 != 0 && (batch.foreign >> 16) - 1 != self->id) {
        table_owner = domain_get((domid_t)((batch.foreign >> 16) - 1));
        if (!table_owner) {
            return -XEN_ESRCH;
        }
    }
    rc = mmu_update_for(&batch, args, table_owner);
    if (table_owner != self) {
        domain_put(table_owner);
    }
    return rc;
}
