/* SPDX-License-Identifier: MIT */
/* Requests about domains, all but GET_DOMAIN_PATH for the privileged alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pvabi/xen.h"
#include "xenstored/request.h"

#define OP_ARGUMENTS_MAX 4

static int op_number(const char *string, uint64_t limit, uint64_t *number)
{
    char *end;

    if (string[0] < '0' || string[0] > '9') {
        return EINVAL;
    }
    errno = 0;
    *number = strtoull(string, &end, 0);
    return errno || *end != '\0' || *number > limit ? EINVAL : 0;
}

/* Reads the arguments: a domain's number, then `count` - 1 other numbers. */
static int op_numbers(const struct request *request, const uint64_t *limits, int count, uint64_t *numbers)
{
    const char *strings[OP_ARGUMENTS_MAX];
    int error = 0;

    if (request_strings(request, strings, OP_ARGUMENTS_MAX) < count) {
        return EINVAL;
    }
    for (int i = 0; !error && i < count; i++) {
        error = op_number(strings[i], limits[i], &numbers[i]);
    }
    return error;
}

static int op_privileged_numbers(const struct request *request, const uint64_t *limits, int count,
                                 uint64_t *numbers)
{
    return request->view.conn->subject.privileged ? op_numbers(request, limits, count, numbers) : EACCES;
}

static int op_one_domain(const struct request *request, uint16_t *domid)
{
    static const uint64_t limits[] = {DOMID_FIRST_RESERVED - 1};
    uint64_t number;
    int error = op_privileged_numbers(request, limits, 1, &number);

    *domid = error ? 0 : (uint16_t)number;
    return error;
}

int op_introduce(const struct request *request)
{
    static const uint64_t limits[] = {DOMID_FIRST_RESERVED - 1, UINT64_MAX, UINT32_MAX};
    struct store *store = request->view.store;
    uint64_t numbers[3];
    int error = op_privileged_numbers(request, limits, 3, numbers);

    if (error) {
        return error;
    }
    error = store->domains->introduce(store->domains_context, (uint16_t)numbers[0], numbers[1],
                                      (uint32_t)numbers[2]);
    return error ? error : request_reply_ok(request);
}

int op_release(const struct request *request)
{
    struct store *store = request->view.store;
    uint16_t domid;
    int error = op_one_domain(request, &domid);

    error = error ? error : store->domains->release(store->domains_context, domid);
    return error ? error : request_reply_ok(request);
}

int op_resume(const struct request *request)
{
    struct store *store = request->view.store;
    uint16_t domid;
    int error = op_one_domain(request, &domid);

    error = error ? error : store->domains->resume(store->domains_context, domid);
    return error ? error : request_reply_ok(request);
}

int op_set_target(const struct request *request)
{
    static const uint64_t limits[] = {DOMID_FIRST_RESERVED - 1, DOMID_FIRST_RESERVED - 1};
    struct store *store = request->view.store;
    uint64_t numbers[2];
    int error = op_privileged_numbers(request, limits, 2, numbers);

    if (error) {
        return error;
    }
    error = store->domains->set_target(store->domains_context, (uint16_t)numbers[0], (uint16_t)numbers[1]);
    return error ? error : request_reply_ok(request);
}

int op_is_domain_introduced(const struct request *request)
{
    struct store *store = request->view.store;
    uint16_t domid;
    int error = op_one_domain(request, &domid);

    if (error) {
        return error;
    }
    return request_reply_string(request,
                                store->domains->is_introduced(store->domains_context, domid) ? "T" : "F");
}

int op_get_domain_path(const struct request *request)
{
    static const uint64_t limits[] = {UINT16_MAX};
    char path[32];
    uint64_t domid;
    int error = op_numbers(request, limits, 1, &domid);

    if (error) {
        return error;
    }
    snprintf(path, sizeof(path), "/local/domain/%u", (unsigned int)domid);
    return request_reply_string(request, path);
}
