/* SPDX-License-Identifier: MIT */
/*
 * The one list of hypercalls: the dispatcher, the guest's stubs, the names of the trace and the reference page
 * are all made from it. Define PVABI_HYPERCALL, include this file (as often as needed), and it is undefined again.
 *
 *     PVABI_HYPERCALL(number, name, argument_count, who, preempt)
 *
 * number           what the guest puts into rax
 * name             lower case; __HYPERVISOR_<name> of pvabi/xen.h has the same number
 * argument_count   how many of rdi, rsi, rdx, r10, r8 carry an argument
 * who              ANY domain, or only a PRIV one (others get -EPERM)
 * preempt          YES if the call may stop in the middle, rewind the guest's rip and go on later
 *
 * A number that is not in the list answers -ENOSYS.
 */
#ifndef PVABI_HYPERCALL
#error "define PVABI_HYPERCALL(number, name, argument_count, who, preempt) before including this list"
#define PVABI_HYPERCALL(number, name, argument_count, who, preempt)
#endif

PVABI_HYPERCALL(0, set_trap_table, 1, ANY, YES)
PVABI_HYPERCALL(1, mmu_update, 4, ANY, YES)
PVABI_HYPERCALL(2, set_gdt, 2, ANY, NO)
PVABI_HYPERCALL(3, stack_switch, 2, ANY, NO)
PVABI_HYPERCALL(4, set_callbacks, 3, ANY, NO)
PVABI_HYPERCALL(5, fpu_taskswitch, 1, ANY, NO)
PVABI_HYPERCALL(6, sched_op_compat, 2, ANY, NO)
PVABI_HYPERCALL(7, platform_op, 1, PRIV, YES)
PVABI_HYPERCALL(8, set_debugreg, 2, ANY, NO)
PVABI_HYPERCALL(9, get_debugreg, 1, ANY, NO)
PVABI_HYPERCALL(10, update_descriptor, 2, ANY, NO)
PVABI_HYPERCALL(12, memory_op, 2, ANY, YES)
PVABI_HYPERCALL(13, multicall, 2, ANY, YES)
PVABI_HYPERCALL(14, update_va_mapping, 3, ANY, NO)
PVABI_HYPERCALL(15, set_timer_op, 1, ANY, NO)
PVABI_HYPERCALL(16, event_channel_op_compat, 1, ANY, NO)
PVABI_HYPERCALL(17, xen_version, 2, ANY, NO)
PVABI_HYPERCALL(18, console_io, 3, ANY, YES)
PVABI_HYPERCALL(19, physdev_op_compat, 1, ANY, NO)
PVABI_HYPERCALL(20, grant_table_op, 3, ANY, YES)
PVABI_HYPERCALL(21, vm_assist, 2, ANY, NO)
PVABI_HYPERCALL(22, update_va_mapping_otherdomain, 4, ANY, NO)
PVABI_HYPERCALL(23, iret, 0, ANY, NO)
PVABI_HYPERCALL(24, vcpu_op, 3, ANY, YES)
PVABI_HYPERCALL(25, set_segment_base, 2, ANY, NO)
PVABI_HYPERCALL(26, mmuext_op, 4, ANY, YES)
PVABI_HYPERCALL(28, nmi_op, 2, ANY, NO)
PVABI_HYPERCALL(29, sched_op, 2, ANY, NO)
PVABI_HYPERCALL(30, callback_op, 2, ANY, NO)
PVABI_HYPERCALL(32, event_channel_op, 2, ANY, YES)
PVABI_HYPERCALL(33, physdev_op, 2, ANY, NO)
PVABI_HYPERCALL(35, sysctl, 1, PRIV, YES)
PVABI_HYPERCALL(36, domctl, 1, PRIV, YES)

#undef PVABI_HYPERCALL
