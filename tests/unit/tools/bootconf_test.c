/* SPDX-License-Identifier: MIT */
/* Tests of the boot configurations of guests' disks: GRUB's language as far as menus use it, the Boot Loader
 * Specification, and the choice of an entry. */
#include <string.h>

#include "lib/bootconf.h"
#include "suites.h"

static struct pv_bootconf conf;

static void teardown(void)
{
    pv_bootconf_free(&conf);
}

static const struct pv_bootconf_entry *grub(const char *text)
{
    pv_bootconf_free(&conf);
    ck_assert(pv_bootconf_grub(&conf, text, strlen(text)));
    return pv_bootconf_choose(&conf);
}

static const char *grub_kernel(const char *text)
{
    const struct pv_bootconf_entry *entry = grub(text);

    return entry ? entry->kernel : "none";
}

#define TWO                                                                                                            \
    "menuentry 'First' --id one {\n linux /k1 a=1\n}\n"                                                                \
    "submenu 'More' {\n menuentry 'Second' {\n linux /k2\n }\n menuentry 'Third' --id three {\n linux /k3\n }\n}\n"    \
    "menuentry 'Last' { linux /k4; initrd /r4; }\n"

START_TEST(an_entry_has_all_its_parts)
{
    const struct pv_bootconf_entry *entry =
        grub("set root=x\nmenuentry \"A $name\" --class os {\n# comment\n\tlinux\t/boot/vmlinuz root=LABEL=x  ro \\\n "
             "quiet 'a b'\n\tinitrd /boot/ucode /boot/initrd\n}\n");

    ck_assert_ptr_nonnull(entry);
    ck_assert_str_eq(entry->title, "A ");
    ck_assert_str_eq(entry->kernel, "/boot/vmlinuz");
    ck_assert_str_eq(entry->cmdline, "root=LABEL=x ro quiet \"a b\"");
    ck_assert_uint_eq(entry->ramdisk_count, 2);
    ck_assert_str_eq(entry->ramdisks[0], "/boot/ucode");
    ck_assert_str_eq(entry->ramdisks[1], "/boot/initrd");
}
END_TEST

START_TEST(the_default_is_a_number_a_title_or_an_identity)
{
    ck_assert_str_eq(grub_kernel(TWO), "/k1");
    ck_assert_str_eq(grub_kernel("set default=2\n" TWO), "/k4");
    ck_assert_str_eq(grub_kernel("set default=\"1\"\n" TWO), "/k2");
    ck_assert_str_eq(grub_kernel("default='1>1'\n" TWO), "/k3");
    ck_assert_str_eq(grub_kernel("set default=\"Last\"\n" TWO), "/k4");
    ck_assert_str_eq(grub_kernel("set default=\"More>three\"\n" TWO), "/k3");
    ck_assert_str_eq(grub_kernel("set default=nonsense\n" TWO), "/k1");
    ck_assert_uint_eq(pv_bootconf_choose(&conf)->ramdisk_count, 0);
}
END_TEST

START_TEST(conditions_choose)
{
    ck_assert_str_eq(grub_kernel("if [ \"${next_entry}\" ] ; then\n set default=1\nelse\n set default=2\nfi\n" TWO),
                     "/k4");
    ck_assert_str_eq(grub_kernel("if [ x$grub_platform = xxen ]; then set default=2; fi\n" TWO), "/k4");
    ck_assert_str_eq(grub_kernel("if [ x$grub_platform != xxen ]; then set default=2; fi\n" TWO), "/k1");
    ck_assert_str_eq(grub_kernel("if [ -s /x ]; then a=b; elif [ ! \"$a\" = \"\" ]; then set default=1; elif true; "
                                 "then set default=2; else set default=1; fi\n" TWO), "/k4");
    ck_assert_str_eq(grub_kernel("if false; then\n if true; then\n set default=2\n fi\nfi\n" TWO), "/k1");
    ck_assert_str_eq(grub_kernel("if false; then\n" TWO "fi\nmenuentry x { linux /k9\n}\n"), "/k9");
}
END_TEST

START_TEST(functions_are_passed_over)
{
    ck_assert_str_eq(grub_kernel("function f {\n if [ -z \"$x\" ]; then\n set default=2\n fi\n}\n" TWO), "/k1");
}
END_TEST

START_TEST(paths_stay_in_the_file_system)
{
    ck_assert_str_eq(grub_kernel("menuentry x { linux (hd0,gpt1)/boot/k\n}\n"), "/boot/k");
    ck_assert_str_eq(grub_kernel("menuentry x { linux boot/k\n}\n"), "/boot/k");
    ck_assert_str_eq(grub_kernel("menuentry x { linux /a/../../k\n}\n"), "none");
    ck_assert_str_eq(grub_kernel("menuentry x { echo no kernel\n}\n"), "none");
}
END_TEST

START_TEST(what_is_broken_ends)
{
    static char deep[200000];

    ck_assert_str_eq(grub_kernel(""), "none");
    ck_assert_str_eq(grub_kernel("menuentry x {\n linux /k \"never closed\n"), "/k");
    ck_assert_str_eq(grub_kernel("}}} fi else { { {"), "none");
    for (size_t i = 0; i + 16 < sizeof(deep); i += 15) {
        memcpy(deep + i, "menuentry x { \n", 15);
    }
    grub(deep);
    for (size_t i = 0; i + 28 < sizeof(deep); i += 27) {
        memcpy(deep + i, "menuentry x {\n linux /k\n }\n", 27);
    }
    ck_assert_str_eq(grub_kernel(deep), "/k");
    ck_assert_uint_eq(conf.count, PV_BOOTCONF_ENTRIES);
    memset(deep, 'x', sizeof(deep) - 1);
    grub(deep);
}
END_TEST

static void entry(const char *name, const char *text)
{
    ck_assert(pv_bootconf_entry(&conf, name, text, strlen(text)));
}

START_TEST(entries_of_the_specification)
{
    const struct pv_bootconf_entry *chosen;

    entry("m-6.1.9", "title Old\nversion 6.1.9\nlinux /vmlinuz-6.1.9\n");
    entry("m-6.1.10", "# comment\ntitle   New one \nversion 6.1.10\nlinux /vmlinuz-6.1.10\ninitrd /a\ninitrd /b $c\n"
                      "options root=UUID=1 $kernelopts\noptions quiet");
    entry("none", "title No kernel\n");
    ck_assert_uint_eq(conf.count, 2);
    pv_bootconf_sort(&conf);
    chosen = pv_bootconf_choose(&conf);
    ck_assert_str_eq(chosen->title, "New one");
    ck_assert_str_eq(chosen->cmdline, "root=UUID=1 quiet");
    ck_assert_uint_eq(chosen->ramdisk_count, 2);
    ck_assert_str_eq(chosen->ramdisks[1], "/b");
    pv_bootconf_loader(&conf, "timeout 3\ndefault m-*.9.conf\n", 29);
    ck_assert_str_eq(pv_bootconf_choose(&conf)->title, "Old");
}
END_TEST

START_TEST(grub_may_leave_the_menu_to_the_specification)
{
    ck_assert_str_eq(grub_kernel("if [ x = x ]; then\n blscfg\nfi\n"), "none");
    ck_assert(conf.wants_entries);
}
END_TEST

Suite *bootconf_suite(void)
{
    Suite *suite = suite_create("bootconf");
    TCase *cases = tcase_create("bootconf");

    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, an_entry_has_all_its_parts);
    tcase_add_test(cases, the_default_is_a_number_a_title_or_an_identity);
    tcase_add_test(cases, conditions_choose);
    tcase_add_test(cases, functions_are_passed_over);
    tcase_add_test(cases, paths_stay_in_the_file_system);
    tcase_add_test(cases, what_is_broken_ends);
    tcase_add_test(cases, entries_of_the_specification);
    tcase_add_test(cases, grub_may_leave_the_menu_to_the_specification);
    suite_add_tcase(suite, cases);
    return suite;
}
