/* SPDX-License-Identifier: MIT */
/* Prints CPUs and their queues for a debug key. Without locks: a machine that hangs must still tell. */
#include "core/sched_policy.h"

#include "lib/log.h"
#include "port/cpu.h"
#include "port/time.h"

static void sched_print_vcpu(const char *what, const struct vcpu *v, const struct sched_cpu *c)
{
    uint64_t since = port_time_now() - v->sched.runstate.state_entry_time;

    if (v->is_idle) {
        log_info("  %s: idle for %llu us", what, (unsigned long long)(since / 1000));
    } else {
        log_info("  %s: d%uv%u for %llu us, %lld us from the floor, pause %x", what, v->domain->id, v->id,
                 (unsigned long long)(since / 1000), (long long)(v->sched.virtual_time - c->floor) / 1000,
                 v->sched.pause_flags);
    }
}

void sched_print(void)
{
    log_info("policy %s, idle CPUs %llx", sched_policy_name(), (unsigned long long)sched_idle_cpus().bits);
    CPUMASK_FOR_EACH(cpu, port_cpus_online()) {
        const struct sched_cpu *c = sched_cpu_of((unsigned int)cpu);

        log_info("CPU %u: %u waiting", c->id, port_read_u32(&c->load));
        sched_print_vcpu("runs", c->current, c);
        for (uint32_t i = 1; i <= c->queue.count; i++) {
            sched_print_vcpu("waits", CONTAINER_OF(c->queue.slots[i], struct vcpu, sched.queue_node), c);
        }
    }
}
