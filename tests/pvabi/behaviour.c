/* SPDX-License-Identifier: MIT */
/* Prints what the interface's macros do; compiled with pvabi's headers and with Xen's, the output must be the same. */
#define xen_mb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()

#include <stdio.h>
#include <stdlib.h>

#define PAGE 4096
#define STEPS 20000

static union {
    blkif_sring_t ring;
    char bytes[PAGE];
} page;

static unsigned long random_state = 12345;

static unsigned int random_below(unsigned int limit)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned int)((random_state >> 33) % limit);
}

static void front_step(blkif_front_ring_t *front)
{
    int notify = 0, more = 0;

    while (!RING_FULL(front) && random_below(3)) {
        blkif_request_t *request = RING_GET_REQUEST(front, front->req_prod_pvt);

        request->id = front->req_prod_pvt++;
        request->operation = BLKIF_OP_WRITE;
    }
    if (random_below(2))
        RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(front, notify);
    else
        RING_PUSH_REQUESTS(front);
    while (RING_HAS_UNCONSUMED_RESPONSES(front) && random_below(4)) {
        blkif_response_t response;

        RING_COPY_RESPONSE(front, front->rsp_cons, &response);
        front->rsp_cons++;
        printf("r%lu:%d ", (unsigned long)response.id, response.status);
    }
    if (random_below(2))
        RING_FINAL_CHECK_FOR_RESPONSES(front, more);
    printf("front %u %u %u %d %d over %d\n", front->req_prod_pvt, front->rsp_cons, RING_FREE_REQUESTS(front), notify,
           more, RING_RESPONSE_PROD_OVERFLOW(front, front->rsp_cons + random_below(80)));
}

static void back_step(blkif_back_ring_t *back)
{
    int notify = 0, more = 0;

    while (RING_HAS_UNCONSUMED_REQUESTS(back) && random_below(4)) {
        blkif_request_t request;
        blkif_response_t *response;

        RING_COPY_REQUEST(back, back->req_cons, &request);
        back->req_cons++;
        response = RING_GET_RESPONSE(back, back->rsp_prod_pvt);
        back->rsp_prod_pvt++;
        response->id = request.id;
        response->status = (int16_t)-random_below(3);
    }
    if (random_below(2))
        RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(back, notify);
    else
        RING_PUSH_RESPONSES(back);
    if (random_below(2))
        RING_FINAL_CHECK_FOR_REQUESTS(back, more);
    printf("back %u %u %u %d %d over %d %d\n", back->rsp_prod_pvt, back->req_cons,
           XEN_RING_NR_UNCONSUMED_REQUESTS(back), notify, more,
           RING_REQUEST_CONS_OVERFLOW(back, back->req_cons + random_below(80)),
           RING_REQUEST_PROD_OVERFLOW(back, back->req_cons + random_below(80)));
}

/* A frontend gone mad claims more than fits. */
static void hostile_front_step(blkif_back_ring_t *back)
{
    RING_IDX honest = page.ring.req_prod;

    page.ring.req_prod += random_below(3) ? random_below(100) : random_below(0x7fffffff) * 2u;
    printf("hostile %u %d\n", XEN_RING_NR_UNCONSUMED_REQUESTS(back), !!RING_HAS_UNCONSUMED_REQUESTS(back));
    page.ring.req_prod = honest;
}

/* A ring whose indices start shortly before they wrap. */
static void rings(void)
{
    const RING_IDX start = (RING_IDX)-1000;
    blkif_front_ring_t front;
    blkif_back_ring_t back;

    memset(&page, 0xa5, sizeof(page));
    XEN_FRONT_RING_INIT(&front, &page.ring, PAGE);
    BACK_RING_INIT(&back, &page.ring, PAGE);
    printf("%u %u %u %lu\n", RING_SIZE(&front), RING_SIZE(&back), page.ring.req_event,
           (unsigned long)__CONST_RING_SIZE(blkif, PAGE * 4));
    page.ring.req_prod = page.ring.rsp_prod = start;
    page.ring.req_event = page.ring.rsp_event = start + 1;
    FRONT_RING_ATTACH(&front, &page.ring, start, PAGE);
    BACK_RING_ATTACH(&back, &page.ring, start, PAGE);
    for (int step = 0; step < STEPS; step++) {
        if (random_below(2))
            front_step(&front);
        else
            back_step(&back);
        if (!random_below(5))
            hostile_front_step(&back);
    }
}

static void small_macros(void)
{
    struct trap_info trap = { 14, 0, 0xe033, 0 };
    xen_uuid_t uuid = XEN_DEFINE_UUID(0x01234567, 0x89ab, 0xcdef, 0x0246, 1, 2, 3, 4, 5, 250);
    XEN_GUEST_HANDLE(uint8) handle;
    XEN_GUEST_HANDLE_64(uint8) handle64;
    uint64_aligned_t field = 5;

    TI_SET_DPL(&trap, 3);
    TI_SET_IF(&trap, 17);
    printf("%d %d %d\n", trap.flags, TI_GET_DPL(&trap), TI_GET_IF(&trap));
    for (int i = 0; i < 16; i++)
        printf("%02x", uuid.a[i]);
    set_xen_guest_handle(handle, uuid.a);
    set_xen_guest_handle(handle64, uuid.a + 3);
    printf(" %d %d\n", handle.p[0], handle64.p[0]);
    XENMEM_SHARING_OP_FIELD_MAKE_GREF(field, 77);
    printf("%llx %d\n", (unsigned long long)field, (int)XENMEM_SHARING_OP_FIELD_GET_GREF(field));
}

int main(void)
{
    rings();
    small_macros();
    return 0;
}
