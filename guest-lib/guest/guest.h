/* SPDX-License-Identifier: MIT */
/* Everything that a guest's program usually includes. */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include "guest/console.h"
#include "guest/control.h"
#include "guest/event.h"
#include "guest/exit.h"
#include "guest/grant.h"
#include "guest/hypercall.h"
#include "guest/memory.h"
#include "guest/pagetable.h"
#include "guest/printf.h"
#include "guest/pv.h"
#include "guest/pv_machine.h"
#include "guest/start.h"
#include "guest/string.h"
#include "guest/suspend.h"
#include "guest/time.h"
#include "guest/trap.h"
#include "guest/user.h"
#include "guest/vcpu.h"
#include "guest/x86.h"

#include "pvabi/errno.h"
#include "pvabi/features.h"
#include "pvabi/memory.h"
#include "pvabi/physdev.h"
#include "pvabi/sched.h"
#include "pvabi/vcpu.h"
#include "pvabi/version.h"
#include "pvabi/xen.h"

#endif
