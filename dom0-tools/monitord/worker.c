/* SPDX-License-Identifier: MIT */
/* Work on one guest that takes time, done by a child process. */
#include "monitord/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/daemon.h"
#include "lib/domain.h"
#include "lib/store.h"
#include "monitord/records.h"

/* How long to wait until the hypervisor has let go of the old domain's memory. */
#define WORKER_GONE_MS 30000

static uint64_t worker_now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec;
}

static int worker_destroy(struct pv_host *host, const char *name, uint16_t domid, bool forget,
                          struct pv_error *error)
{
    if (pv_domain_destroy(host, domid, false, WORKER_GONE_MS, error) != 0 &&
        error->class != PV_ERROR_NO_DOMAIN && error->class != PV_ERROR_TIMEOUT) {
        return -1;
    }
    if (forget) {
        pv_store_remove(name);
        records_remove_restart(host, name);
    }
    return 0;
}

/* Creates the guest as the record of its restart promises. A failure is noted there; the last one ends the
 * promise. */
static int worker_create(struct pv_host *host, const char *name, struct policy_record *record,
                         struct pv_error *error)
{
    struct pv_config *config = pv_store_load(name, error);
    struct pv_error ignored;
    uint16_t domid = 0;
    int result = config ? pv_domain_create(host, config, &domid, error) : -1;

    if (result == 0) {
        result = pv_domctl_unpause(host->ctx, domid, error);
    }
    pv_config_free(config);
    if (result == 0) {
        record->pending = false;
        daemon_log(DAEMON_INFO, "%s runs again, as domain %u", name, domid);
        return records_write_restart(host, name, record, error);
    }
    record->tries++;
    if (!config || record->tries >= POLICY_TRIES || error->class == PV_ERROR_NAME_TAKEN) {
        records_remove_restart(host, name);
        pv_error_wrap(error, "given up");
    } else {
        records_write_restart(host, name, record, &ignored);
    }
    return -1;
}

static int worker_restart(struct pv_host *host, const char *name, uint16_t domid,
                          struct policy_record *record, struct pv_error *error)
{
    record->time_s = worker_now_s();
    /* From here on whoever looks knows that the guest must come back, even if this process does not live to
     * do it. */
    if (records_write_restart(host, name, record, error) != 0 ||
        worker_destroy(host, name, domid, false, error) != 0) {
        return -1;
    }
    return worker_create(host, name, record, error);
}

static int worker_recreate(struct pv_host *host, const char *name, struct pv_error *error)
{
    struct policy_record record;

    if (!records_restart(host, name, &record) || !record.pending) {
        return 0;
    }
    return worker_create(host, name, &record, error);
}

static int worker_run(const char *name, uint16_t domid, enum worker_task task,
                      const struct policy_record *record)
{
    struct policy_record own = record ? *record : (struct policy_record){0};
    struct pv_error error;
    struct pv_host host;
    int result;

    if (pv_host_open(&host, &error) != 0) {
        daemon_log(DAEMON_ERROR, "%s: %s", name, error.message);
        return PV_ERROR_NO_HOST;
    }
    switch (task) {
    case WORKER_DESTROY:
        result = worker_destroy(&host, name, domid, true, &error);
        break;
    case WORKER_RESTART:
        result = worker_restart(&host, name, domid, &own, &error);
        break;
    default:
        result = worker_recreate(&host, name, &error);
        break;
    }
    if (result != 0) {
        daemon_log(DAEMON_ERROR, "%s: %s", name, error.message);
    }
    pv_host_close(&host);
    return result ? (int)error.class : 0;
}

bool worker_is_busy(const struct workers *workers, const char *name)
{
    for (const struct worker *worker = workers->first; worker; worker = worker->next) {
        if (!strcmp(worker->name, name)) {
            return true;
        }
    }
    return false;
}

void worker_start(struct workers *workers, const char *name, uint16_t domid, enum worker_task task,
                  const struct policy_record *record)
{
    struct worker *worker;
    pid_t parent = getpid();

    if (worker_is_busy(workers, name)) {
        return;
    }
    worker = calloc(1, sizeof(*worker) + strlen(name) + 1);
    if (!worker) {
        daemon_log(DAEMON_ERROR, "%s: no memory", name);
        return;
    }
    strcpy(worker->name, name);
    worker->pid = fork();
    if (worker->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* The disks' devices are the daemon's to hold: the guest's new ones wait until the old ones are free. */
        daemon_child();
        _exit(getppid() == parent ? worker_run(name, domid, task, record) : PV_ERROR_FAILURE);
    }
    if (worker->pid < 0) {
        daemon_log(DAEMON_ERROR, "%s: %s", name, strerror(errno));
        free(worker);
        return;
    }
    worker->fd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
    worker->next = workers->first;
    workers->first = worker;
    workers->count++;
}

bool workers_reap(struct workers *workers)
{
    struct worker **link = &workers->first;
    bool any = false;

    while (*link) {
        struct worker *worker = *link;

        if (waitpid(worker->pid, NULL, WNOHANG) == 0) {
            link = &worker->next;
            continue;
        }
        *link = worker->next;
        workers->count--;
        if (worker->fd >= 0) {
            close(worker->fd);
        }
        free(worker);
        any = true;
    }
    return any;
}
