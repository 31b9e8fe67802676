/* SPDX-License-Identifier: MIT */
/* Writes to page tables. */
#include "core/pt_update.h"

#include "core/domain.h"
#include "core/page_table.h"
#include "core/page_type.h"
#include "core/pt_entry.h"
#include "core/pte.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/vcpu.h"
#include "pvabi/errno.h"

/* What an entry that was overwritten leaves to be given back. */
struct leftover {
    uint64_t entry;
    bool type_only; /* the frame stays mapped, but no longer writable */
};

/* Whether two present entries differ in nothing that references depend on. */
static bool entry_similar(uint64_t a, uint64_t b, uint64_t free_bits)
{
    return a & b & PTE_PRESENT && ((a ^ b) & ~free_bits) == 0;
}

/* Decides how the old entry becomes the new one at level 1 and takes what is needed: *value in its final
 * form. */
static int l1_prepare(const struct pt_update *u, uint64_t old, uint64_t *value, struct leftover *left)
{
    *left = (struct leftover){old, false};
    if (!(*value & PTE_PRESENT)) {
        return pte_absent_allowed(u->table_owner, 1, *value) ? 0 : -XEN_EINVAL;
    }
    if (entry_similar(old, *value, PTE_FREE_BITS)) {
        left->entry = 0;
    } else if (old & PTE_WRITE && entry_similar(old, *value, PTE_FREE_BITS | PTE_WRITE)) {
        left->type_only = true;
    } else {
        return pte_l1_get(u->table_owner, u->data_owner, value);
    }
    if (!pte_l1_allowed(u->table_owner, *value)) {
        return -XEN_EINVAL;
    }
    *value = pte_l1_adjust(*value);
    return 0;
}

/* The new entry was not written: gives back what l1_prepare took for it. */
static void l1_cancel(const struct pt_update *u, uint64_t value, const struct leftover *left)
{
    if (left->entry && !left->type_only) {
        pte_l1_put(u->table_owner, value);
    }
}

static void l1_finish(const struct pt_update *u, const struct leftover *left)
{
    if (!left->type_only) {
        pte_l1_put(u->table_owner, left->entry);
    } else if (!frame_is_io(pte_frame(left->entry))) {
        frame_put_type(pte_frame(left->entry));
    }
}

/* The table is locked; it is unlocked on return. */
static int l1_update(const struct pt_update *u, volatile uint64_t *slot)
{
    uint64_t old = port_read_u64(slot), value = u->value;
    struct leftover left;
    int rc;

    if (u->compare && old != u->expected) {
        frame_unlock_table(u->table);
        return -XEN_EAGAIN;
    }
    rc = l1_prepare(u, old, &value, &left);
    if (rc == 0 && !pt_entry_write(slot, old, value, u->keep_ad, u->compare)) {
        l1_cancel(u, value, &left);
        rc = u->compare ? -XEN_EAGAIN : -XEN_EBUSY;
    }
    frame_unlock_table(u->table);
    if (rc == 0) {
        l1_finish(u, &left);
    }
    return rc;
}

/* Whether an upper entry may become the new one as it is: same table below, or nothing in either. An entry to a
 * table of its own level stays read-only. */
static bool upper_similar(const struct pt_update *u, unsigned int level, uint64_t old)
{
    if (!pte_upper_allowed(u->value)) {
        return false;
    }
    return entry_similar(old, u->value, PTE_FREE_BITS) ||
           (entry_similar(old, u->value, PTE_FREE_BITS | PTE_WRITE) &&
            frame_type_now(pte_frame(old)) == page_type_table(level - 1));
}

/* Locked, and unlocked on return: 1 if a simple write did it, 0 if references are to be taken, or an error.
 */
static int upper_update_fast(const struct pt_update *u, unsigned int level, volatile uint64_t *slot)
{
    uint64_t old = port_read_u64(slot);
    int rc = 0;

    if (upper_similar(u, level, old)) {
        rc = pt_entry_write(slot, old, pte_upper_adjust(u->value), u->keep_ad, false) ? 1 : -XEN_EBUSY;
    }
    if (rc == 1 && level == 4) {
        port_root_changed(u->table_owner);
    }
    frame_unlock_table(u->table);
    return rc;
}

/*
 * Under the table's lock, whose level is what it was: puts value there; linear says that its references are
 * still to be taken. 0 or an error; *left is what is to be given back in both cases.
 */
static int upper_write(const struct pt_update *u, unsigned int level, volatile uint64_t *slot, uint64_t value,
                       bool linear, uint64_t *left)
{
    uint64_t old = port_read_u64(slot), gone = old;
    int rc = linear ? page_table_get_linear(u->table_owner, u->table, &value) : 0;

    *left = 0;
    if (rc) {
        return rc;
    }
    if (!pt_entry_write(slot, old, value, u->keep_ad, false)) {
        gone = value;
        rc = -XEN_EBUSY;
    } else if (level == 4) {
        port_root_changed(u->table_owner);
    }
    if (page_table_is_linear(u->table, level, gone)) {
        frame_forget_linear(u->table);
    }
    *left = gone;
    return rc;
}

/*
 * Takes the reference with no lock held, as that may be long, then writes under the lock. The table may have
 * become another one meanwhile, if the guest plays with it: then the update is refused.
 */
static int upper_update_slow(struct vcpu *v, const struct pt_update *u, unsigned int level,
                             volatile uint64_t *slot)
{
    uint64_t value = u->value, left;
    unsigned int locked;
    bool linear;
    int rc = 0;

    if (value & PTE_PRESENT) {
        rc = page_table_get_child(u->table_owner, u->table, level, &value);
    } else if (!pte_absent_allowed(u->table_owner, level, value)) {
        return -XEN_EINVAL;
    }
    linear = rc == -XEN_EINVAL;
    if (rc && !linear) {
        return rc;
    }
    locked = frame_lock_table(u->table);
    if (locked == level) {
        rc = upper_write(u, level, slot, value, linear, &left);
    } else {
        rc = linear ? -XEN_EINVAL : -XEN_EBUSY;
        left = linear ? 0 : value;
    }
    if (locked) {
        frame_unlock_table(u->table);
    }
    mm_put_child(v, u->table, level, left);
    return rc;
}

static int upper_update(struct vcpu *v, const struct pt_update *u, unsigned int level,
                        volatile uint64_t *slot)
{
    int rc;

    if (u->table_owner != u->data_owner || u->compare || !page_table_guest_slot(level, u->index)) {
        frame_unlock_table(u->table);
        return -XEN_EINVAL;
    }
    rc = upper_update_fast(u, level, slot);
    if (rc == 0) {
        return upper_update_slow(v, u, level, slot);
    }
    return rc < 0 ? rc : 0;
}

/* Not a table: a write like any other of the guest's. */
static int plain_update(const struct pt_update *u, volatile uint64_t *slot)
{
    if (u->compare || frame_get_type(u->table, FRAME_WRITABLE)) {
        return -XEN_EINVAL;
    }
    port_write_u64(slot, u->value);
    frame_put_type(u->table);
    return 0;
}

bool pt_update_l1(const struct pt_update *u, int *rc)
{
    volatile uint64_t *entries;

    if (!frame_lock_l1(u->table, u->table_owner)) {
        return false;
    }
    entries = port_map_frame(u->table);
    *rc = l1_update(u, &entries[u->index]);
    port_unmap_frame((const void *)entries);
    return true;
}

int pt_update(struct vcpu *v, const struct pt_update *u)
{
    volatile uint64_t *entries = port_map_frame(u->table), *slot = &entries[u->index];
    unsigned int level = frame_lock_table(u->table);
    int rc;

    if (level == 1) {
        rc = l1_update(u, slot);
    } else if (level != 0) {
        rc = upper_update(v, u, level, slot);
    } else {
        rc = plain_update(u, slot);
    }
    port_unmap_frame((const void *)entries);
    return rc;
}
