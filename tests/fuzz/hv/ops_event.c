/* SPDX-License-Identifier: MIT */
/* Operations on event channels: the commands, both ABIs, and what a guest does to the memory that it shares.
 */
#include "operations.h"

#include <string.h>

#include "core/evtchn_port.h"
#include "core/page_type.h"
#include "core/pirq.h"
#include "port/cpu.h"
#include "port/map.h"

#define PORTS 16u

static evtchn_port_t any_port(void)
{
    return fuzz_one_in(32) ? (evtchn_port_t)fuzz_number() : fuzz_below(PORTS);
}

static uint32_t any_vcpu(void)
{
    return fuzz_one_in(16) ? (uint32_t)fuzz_number() : fuzz_below(FUZZ_VCPUS);
}

static void event_call(unsigned int command, const void *op, size_t size)
{
    struct {
        uint64_t command;
        uint8_t op[32];
    } old = {command, {0}};

    if (fuzz_one_in(16)) {
        memcpy((uint8_t *)&old + offsetof(struct evtchn_op, u), op, MIN(size, sizeof(old.op)));
        fuzz_call(__HYPERVISOR_event_channel_op_compat, fuzz_put(&old, sizeof(old)).n, 0, 0, 0);
    } else {
        fuzz_call(__HYPERVISOR_event_channel_op, command, fuzz_put(op, size).n, 0, 0);
    }
}

#define EVENT_CALL(command, ...)                           \
    do {                                                   \
        struct evtchn_##command op_ = {__VA_ARGS__};       \
        event_call(EVTCHNOP_##command, &op_, sizeof(op_)); \
    } while (0)

void op_event_bind(void)
{
    switch (fuzz_below(8)) {
    case 0:
    case 1:
        EVENT_CALL(alloc_unbound, .dom = fuzz_one_in(4) ? fuzz_domid() : DOMID_SELF,
                   .remote_dom = fuzz_domid());
        break;
    case 2:
    case 3:
        EVENT_CALL(bind_interdomain, .remote_dom = fuzz_domid(), .remote_port = any_port());
        break;
    case 4:
        EVENT_CALL(bind_virq, .virq = fuzz_below(NR_VIRQS + 1), .vcpu = any_vcpu());
        break;
    case 5:
        EVENT_CALL(bind_ipi, .vcpu = any_vcpu());
        break;
    case 6:
        EVENT_CALL(bind_pirq, .pirq = fuzz_below(26), .flags = fuzz_below(2));
        break;
    default:
        EVENT_CALL(bind_vcpu, .port = any_port(), .vcpu = any_vcpu());
    }
}

void op_event_use(void)
{
    switch (fuzz_below(8)) {
    case 0:
    case 1:
    case 2:
        EVENT_CALL(send, .port = any_port());
        break;
    case 3:
    case 4:
        EVENT_CALL(close, .port = any_port());
        break;
    case 5:
        EVENT_CALL(unmask, .port = any_port());
        break;
    case 6:
        EVENT_CALL(status, .dom = fuzz_domid(), .port = any_port());
        break;
    default:
        EVENT_CALL(set_priority, .port = any_port(), .priority = fuzz_below(18));
    }
}

void op_event_reset(void)
{
    struct evtchn_reset op = {fuzz_one_in(4) ? fuzz_domid() : DOMID_SELF};

    event_call(fuzz_one_in(4) ? 14 : EVTCHNOP_reset, &op, sizeof(op));
}

void op_event_fifo(void)
{
    uint64_t frame = fuzz_one_in(4) ? fuzz_frame().n : fuzz_frame_of(fuzz_self(), FUZZ_PAGES).n;

    if (fuzz_one_in(2)) {
        EVENT_CALL(init_control, .control_gfn = frame,
                   .offset = fuzz_one_in(4) ? fuzz_u16() : fuzz_below(32) * (uint32_t)128,
                   .vcpu = any_vcpu());
    } else {
        EVENT_CALL(expand_array, .array_gfn = frame);
    }
}

/* A guest writes anything into its control blocks and event words, its shared_info and vcpu_info. */
void op_event_scribble(void)
{
    struct domain *d = CURRENT_DOMAIN();
    unsigned int kind = fuzz_u8();
    vcpu_info_t *info = fuzz_vcpu()->evtchn.info;
    mfn_t m = fuzz_frame_of(d->id, FUZZ_PAGES);

    switch (kind % 6) {
    case 0:
        d->shared_info->evtchn_mask[0] = kind & 0x80 ? 0 : ~0ull;
        break;
    case 1:
        d->shared_info->evtchn_pending[0] = fuzz_u16();
        break;
    case 2:
        info->evtchn_upcall_mask = kind >> 7;
        break;
    case 3:
        info->evtchn_upcall_pending = 0;
        info->evtchn_pending_sel = 0;
        break;
    default:
        if (frame_owner(m) == d && frame_type_now(m) == FRAME_WRITABLE) {
            fake_poke(m, fuzz_below(32) + (kind & 0x40 ? 480 : 0), fuzz_u64() & 0xe001ffffe001ffff);
        }
    }
}

/* The machine's own interrupts. */
void op_event_interrupt(void)
{
    unsigned int line = fuzz_below(ARRAY_SIZE(fake_lines));

    if (fake_lines[line].routed && !fake_lines[line].masked) {
        pirq_interrupt(line);
    } else {
        evtchn_send_global_virq(fuzz_below(NR_VIRQS));
    }
}
