/* SPDX-License-Identifier: MIT */
/* The program of a guest that has no guest_main of its own: its tests. */
#include "guest/test.h"

int guest_main(void)
{
    return test_run_all();
}
