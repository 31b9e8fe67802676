/* SPDX-License-Identifier: MIT */
/* Rings of trace records, in Xen's format of buffers. */
#include "core/trace.h"

#include "core/domain.h"
#include "core/frame_alloc.h"
#include "core/mm.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/map.h"
#include "port/time.h"
#include "pvabi/errno.h"

/* Pages of a CPU's ring at most: the places of all CPUs' lists, counted in words, fit into 16 bits. */
#define TRACE_PAGES_MAX  64u
/* Words of struct t_info before the first list. */
#define LIST_FIRST       ((uint32_t)((sizeof(uint16_t) * (1 + CPU_MAX) + 3) / 4))
#define HEADER_WORDS     3u /* the event and the time */
#define RECORD_BYTES_MAX ((HEADER_WORDS + TRACE_EXTRA_MAX) * 4u)
#define WRAP_BYTES       4u
#define LOST_WORDS       4u
#define ARGS_IN_FIRST    3u

uint32_t trace_wanted_mask;

/* prod is this CPU's own copy: what the reader may have written to the shared one is never read. */
struct trace_ring {
    struct t_buf *buf;
    uint8_t *data;
    uint32_t size, prod;
    uint64_t lost, lost_since;
};

static struct trace_ring rings[CPU_MAX];
static uint32_t ring_pages, info_pages, mask_set = TRC_ALL;
static bool enabled;
static struct t_info *info;

/* Bytes that the reader has not taken; all of the ring when its index makes no sense. */
static uint32_t ring_used(const struct trace_ring *ring)
{
    uint32_t cons = port_read_u32(&ring->buf->cons), used;

    if (cons >= 2 * ring->size) {
        return ring->size;
    }
    used = ring->prod >= cons ? ring->prod - cons : ring->prod + 2 * ring->size - cons;
    return used > ring->size ? ring->size : used;
}

static uint32_t ring_offset(const struct trace_ring *ring)
{
    return ring->prod >= ring->size ? ring->prod - ring->size : ring->prod;
}

static void ring_advance(struct trace_ring *ring, uint32_t bytes)
{
    ring->prod += bytes;
    if (ring->prod >= 2 * ring->size) {
        ring->prod -= 2 * ring->size;
    }
}

static void ring_write(struct trace_ring *ring, uint32_t event, uint64_t now, const uint32_t *words,
                       unsigned int count)
{
    uint32_t header[HEADER_WORDS] = {
        (uint32_t)(TRC_HD_TO_EVENT(event) | count << TRACE_EXTRA_SHIFT | TRC_HD_CYCLE_FLAG), (uint32_t)now,
        (uint32_t)(now >> 32)};
    uint8_t *at = ring->data + ring_offset(ring);

    memcpy(at, header, sizeof(header));
    memcpy(at + sizeof(header), words, count * sizeof(*words));
    ring_advance(ring, (uint32_t)(sizeof(header) + count * sizeof(*words)));
}

/* A record does not cross the ring's end: one without content fills what is left there. */
static uint32_t ring_gap(const struct trace_ring *ring, uint32_t bytes)
{
    uint32_t left = ring->size - ring_offset(ring);

    return left < bytes ? left : 0;
}

static void ring_fill_gap(struct trace_ring *ring, uint32_t gap)
{
    uint32_t words = gap / 4, header;

    while (words) {
        /* Records without time hold up to seven words. */
        uint32_t extra = words - 1 > TRACE_EXTRA_MAX ? TRACE_EXTRA_MAX : words - 1;

        header = TRC_TRACE_WRAP_BUFFER | extra << TRACE_EXTRA_SHIFT;
        memcpy(ring->data + ring_offset(ring), &header, sizeof(header));
        memset(ring->data + ring_offset(ring) + sizeof(header), 0, extra * 4u);
        ring_advance(ring, (extra + 1) * 4u);
        words -= extra + 1;
    }
}

static bool ring_put(struct trace_ring *ring, uint32_t event, uint64_t now, const uint32_t *words,
                     unsigned int count)
{
    uint32_t bytes = (HEADER_WORDS + count) * 4u, gap = ring_gap(ring, bytes);

    if (ring->size - ring_used(ring) < bytes + gap) {
        return false;
    }
    ring_fill_gap(ring, gap);
    ring_write(ring, event, now, words, count);
    return true;
}

static void ring_publish(struct trace_ring *ring)
{
    /* Pairs with the reader's barrier after it read prod: the records before the index. */
    port_write_release_u32(&ring->buf->prod, ring->prod);
}

/* What was lost comes first, so that nothing after it is taken for what followed. */
static bool put_lost(struct trace_ring *ring, uint64_t now)
{
    uint32_t words[LOST_WORDS] = {(uint32_t)ring->lost, 0, (uint32_t)ring->lost_since,
                                  (uint32_t)(ring->lost_since >> 32)};

    if (ring->size - ring_used(ring) < 3 * RECORD_BYTES_MAX ||
        !ring_put(ring, TRC_LOST_RECORDS, now, words, LOST_WORDS)) {
        return false;
    }
    ring->lost = 0;
    return true;
}

void trace_put(uint32_t event, const uint32_t *words, unsigned int count)
{
    struct trace_ring *ring;
    uint64_t now = port_time_now();

    ASSERT(count <= TRACE_EXTRA_MAX);
    if (!trace_wants(event)) {
        return;
    }
    ring = &rings[port_cpu_id()];
    if (!ring->buf) {
        return;
    }
    if ((ring->lost && !put_lost(ring, now)) || !ring_put(ring, event, now, words, count)) {
        ring->lost_since = ring->lost ? ring->lost_since : now;
        ring->lost++;
        return;
    }
    ring_publish(ring);
}

/* Domain, vCPU, and a byte of the record's own. */
static uint32_t who(const struct vcpu *v, unsigned int what)
{
    return (uint32_t)v->domain->id << 16 | (v->id & 0xffu) << 8 | (what & 0xffu);
}

static void put_words(uint32_t *to, uint64_t value)
{
    to[0] = (uint32_t)value;
    to[1] = (uint32_t)(value >> 32);
}

void trace_hypercall(const struct vcpu *v, uint64_t number, const uint64_t *args)
{
    uint32_t words[TRACE_EXTRA_MAX] = {who(v, (unsigned int)(number > 0xff ? 0xff : number))};

    for (unsigned int i = 0; i < ARGS_IN_FIRST; i++) {
        put_words(words + 1 + 2 * i, args[i]);
    }
    trace_put(PVABI_TRC_HYPERCALL, words, TRACE_EXTRA_MAX);
    if (args[3] || args[4]) {
        put_words(words + 1, args[3]);
        put_words(words + 3, args[4]);
        trace_put(PVABI_TRC_ARGUMENTS, words, 5);
    }
}

void trace_hypercall_end(const struct vcpu *v, uint64_t number, int64_t result)
{
    uint32_t words[3] = {who(v, (unsigned int)(number > 0xff ? 0xff : number))};

    put_words(words + 1, (uint64_t)result);
    trace_put(PVABI_TRC_RESULT, words, 3);
}

void trace_exception(const struct vcpu *v, unsigned int vector, uint32_t error, uint64_t rip,
                     uint64_t address)
{
    uint32_t words[6] = {who(v, vector), error};

    put_words(words + 2, rip);
    put_words(words + 4, address);
    trace_put(PVABI_TRC_EXCEPTION, words, 6);
}

void trace_syscall(const struct vcpu *v, uint64_t number, uint64_t rip)
{
    uint32_t words[5] = {who(v, 0)};

    put_words(words + 1, number);
    put_words(words + 3, rip);
    trace_put(PVABI_TRC_SYSCALL, words, 5);
}

void trace_event(const struct domain *d, uint32_t vcpu, uint32_t port)
{
    uint32_t words[2] = {(uint32_t)d->id << 16 | (vcpu & 0xffu) << 8, port};

    trace_put(PVABI_TRC_EVENT, words, 2);
}

/* Each CPU looks at its work, and sees there that what assembly settles must come to C. */
static void refresh(void)
{
    port_write_u32(&trace_wanted_mask, enabled ? mask_set : 0);
    for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
        if (cpumask_has(port_cpus_online(), cpu)) {
            port_cpu_kick(cpu);
        }
    }
}

static unsigned int page_order(uint32_t pages)
{
    unsigned int order = 0;

    while (1u << order < pages) {
        order++;
    }
    return order;
}

/* Shares a block with privileged domains and remembers it as a CPU's ring. */
static void use_block(unsigned int cpu, mfn_t first, uint32_t pages, uint32_t list)
{
    struct trace_ring *ring = &rings[cpu];
    uint32_t *frames = (uint32_t *)(void *)info + list;

    for (uint32_t i = 0; i < pages; i++) {
        frames[i] = (uint32_t)(first.n + i);
    }
    info->mfn_offset[cpu] = (uint16_t)list;
    ring->data = (uint8_t *)port_hv_address(first) + sizeof(struct t_buf);
    ring->size = (uint32_t)(pages * PAGE_SIZE - sizeof(struct t_buf));
    ring->prod = 0;
    memset(port_hv_address(first), 0, pages * PAGE_SIZE);
    mm_share_xen(first, pages, true);
    ring->buf = port_hv_address(first);
}

/* A block for each of the CPUs, and one for the description. False: nothing is allocated. */
static bool alloc_blocks(mfn_t *blocks, unsigned int cpus, unsigned int order, mfn_t *page)
{
    unsigned int cpu = 0;

    *page = frame_alloc_hv(page_order(info_pages));
    while (page->n != MFN_INVALID.n && cpu < cpus) {
        blocks[cpu] = frame_alloc_hv(order);
        if (blocks[cpu].n == MFN_INVALID.n) {
            break;
        }
        cpu++;
    }
    if (page->n != MFN_INVALID.n && cpu == cpus) {
        return true;
    }
    while (cpu-- > 0) {
        frame_free_hv(blocks[cpu], order);
    }
    if (page->n != MFN_INVALID.n) {
        frame_free_hv(*page, page_order(info_pages));
    }
    return false;
}

int trace_set_size(uint32_t pages)
{
    unsigned int cpus = cpumask_count(port_cpus_online());
    mfn_t blocks[CPU_MAX], page;

    if (info) {
        return pages == ring_pages ? 0 : -XEN_EBUSY;
    }
    if (pages == 0 || pages > TRACE_PAGES_MAX) {
        return -XEN_EINVAL;
    }
    info_pages = (uint32_t)(((LIST_FIRST + cpus * pages) * sizeof(uint32_t) + PAGE_SIZE - 1) / PAGE_SIZE);
    if (!alloc_blocks(blocks, cpus, page_order(pages), &page)) {
        return -XEN_ENOMEM;
    }
    info = port_hv_address(page);
    memset(info, 0, info_pages * PAGE_SIZE);
    info->tbuf_size = (uint16_t)pages;
    for (unsigned int cpu = 0; cpu < cpus; cpu++) {
        use_block(cpu, blocks[cpu], pages, LIST_FIRST + cpu * pages);
    }
    mm_share_xen(page, info_pages, false);
    ring_pages = pages;
    return 0;
}

int trace_enable(bool on)
{
    if (on && !info) {
        return -XEN_EINVAL;
    }
    enabled = on;
    refresh();
    return 0;
}

void trace_set_mask(uint32_t mask)
{
    mask_set = mask;
    refresh();
}

uint32_t trace_mask(void)
{
    return mask_set;
}

mfn_t trace_info_frame(void)
{
    return info ? port_hv_frame(info) : mfn(0);
}

uint32_t trace_info_size(void)
{
    return info ? (uint32_t)(info_pages * PAGE_SIZE) : 0;
}
