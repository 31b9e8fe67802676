/* SPDX-License-Identifier: MIT */
/* Tests of reading a guest's disk: file systems made by mke2fs, with and without partitions, whole and damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/bootfind.h"
#include "lib/partition.h"
#include "suites.h"

#define SECTOR      512
#define FS_BYTES    (4UL * 1024 * 1024)
#define FS_START    (1024UL * 1024)
#define DISK_BYTES  (FS_START + FS_BYTES)
#define MOST        (1024UL * 1024)

static char folder[64];
static int disk, kernel, ramdisk;
static struct pv_bootfound found;

static void shell(const char *words)
{
    char command[2048];

    snprintf(command, sizeof(command), "cd '%s' && { %s; } >/dev/null 2>&1", folder, words);
    ck_assert_int_eq(system(command), 0);
}

static int memory(const char *name)
{
    int fd = memfd_create(name, 0);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void setup(void)
{
    strcpy(folder, "/tmp/parvis-boot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    disk = memory("disk");
    kernel = memory("kernel");
    ramdisk = memory("ramdisk");
    shell("mkdir -p tree/boot/grub tree/loader/entries && printf kernel > tree/boot/vmlinuz-1 && "
          "printf abc > tree/boot/one && printf defg > tree/boot/two && ln -s vmlinuz-1 tree/boot/vmlinuz && "
          "printf 'menuentry a { linux /boot/vmlinuz ro; initrd /boot/one /boot/two; }\\n' > tree/boot/grub/grub.cfg");
}

static void teardown(void)
{
    shell("cd / && rm -rf \"$OLDPWD\"");
    close(disk);
    close(kernel);
    close(ramdisk);
}

/* Makes the file system of the tree and puts it into the disk at `start`. */
static void put_file_system(off_t start)
{
    static char data[FS_BYTES];
    char path[128];
    FILE *file;

    shell("PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -d tree image 4M");
    snprintf(path, sizeof(path), "%s/image", folder);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(data, 1, FS_BYTES, file), FS_BYTES);
    fclose(file);
    ck_assert_int_eq(pwrite(disk, data, FS_BYTES, start), (ssize_t)FS_BYTES);
}

static void run(uint64_t size)
{
    const struct pv_bootfind find = {.disk = disk, .disk_size = size, .kernel_most = MOST, .ramdisk_most = MOST,
                                     .kernel = kernel, .ramdisk = ramdisk};

    ck_assert_int_eq(ftruncate(kernel, 0) | ftruncate(ramdisk, 0), 0);
    lseek(kernel, 0, SEEK_SET);
    lseek(ramdisk, 0, SEEK_SET);
    pv_bootfind_run(&find, &found);
}

static void expect_content(int fd, const char *wanted, size_t size)
{
    char content[64] = "";

    ck_assert_int_eq(pread(fd, content, sizeof(content), 0), (ssize_t)size);
    ck_assert_mem_eq(content, wanted, size);
}

START_TEST(a_disk_without_partitions)
{
    put_file_system(0);
    run(FS_BYTES);
    ck_assert_msg(found.done, "%s", found.message);
    ck_assert_str_eq(found.title, "a");
    ck_assert_str_eq(found.cmdline, "ro");
    ck_assert_str_eq(found.kernel_name, "/boot/vmlinuz");
    expect_content(kernel, "kernel", 6);
    expect_content(ramdisk, "abc\0defg", 8);
}
END_TEST

static void write_mbr(uint8_t type, uint32_t start, uint32_t count)
{
    unsigned char entry[16] = {0, 0, 0, 0, type};

    memcpy(entry + 8, &start, 4);
    memcpy(entry + 12, &count, 4);
    ck_assert_int_eq(pwrite(disk, entry, 16, 446), 16);
    ck_assert_int_eq(pwrite(disk, "\x55\xaa", 2, 510), 2);
}

static void write_gpt(uint64_t first, uint64_t last, uint32_t count, uint32_t size)
{
    static const uint64_t table = 2;

    ck_assert_int_eq(pwrite(disk, "EFI PART", 8, SECTOR), 8);
    pwrite(disk, &table, 8, SECTOR + 72);
    pwrite(disk, &count, 4, SECTOR + 80);
    pwrite(disk, &size, 4, SECTOR + 84);
    pwrite(disk, "type", 4, 2 * SECTOR);
    pwrite(disk, &first, 8, 2 * SECTOR + 32);
    pwrite(disk, &last, 8, 2 * SECTOR + 40);
}

START_TEST(partitions_of_both_kinds)
{
    put_file_system(FS_START);
    write_mbr(0x83, FS_START / SECTOR, FS_BYTES / SECTOR);
    run(DISK_BYTES);
    ck_assert_msg(found.done, "%s", found.message);
    write_mbr(0xee, 1, DISK_BYTES / SECTOR - 1);
    run(DISK_BYTES);
    ck_assert(!found.done);
    write_gpt(FS_START / SECTOR, DISK_BYTES / SECTOR - 1, 4, 128);
    run(DISK_BYTES);
    ck_assert_msg(found.done, "%s", found.message);
}
END_TEST

START_TEST(tables_that_lie)
{
    struct pv_partition list[PV_PARTITIONS_MOST];

    ck_assert_int_eq(ftruncate(disk, DISK_BYTES), 0);
    ck_assert_uint_eq(pv_partition_list(disk, DISK_BYTES, list), 0);
    write_mbr(0x83, FS_START / SECTOR, 0xffffffff);
    ck_assert_uint_eq(pv_partition_list(disk, DISK_BYTES, list), 0);
    /* A chain that leads to itself. */
    write_mbr(0x05, 0, 10);
    ck_assert_uint_le(pv_partition_list(disk, DISK_BYTES, list), PV_PARTITIONS_MOST);
    write_mbr(0xee, 1, 1);
    write_gpt(0, UINT64_MAX, 0xffffffff, 128);
    ck_assert_uint_eq(pv_partition_list(disk, DISK_BYTES, list), 0);
    write_gpt(100, 99, 0xffffffff, 0xffffffff);
    ck_assert_uint_eq(pv_partition_list(disk, DISK_BYTES, list), 0);
    write_gpt(100, 199, 1, 128);
    ck_assert_uint_eq(pv_partition_list(disk, DISK_BYTES, list), 1);
    ck_assert_uint_eq(list[0].start, 100 * SECTOR);
    ck_assert_uint_eq(list[0].size, 100 * SECTOR);
}
END_TEST

START_TEST(entries_where_there_is_no_grub)
{
    shell("rm -r tree/boot/grub && printf 'title b\\nlinux /vmlinuz-1\\noptions x\\n' > tree/loader/entries/b.conf");
    put_file_system(0);
    run(FS_BYTES);
    ck_assert_msg(found.done, "%s", found.message);
    ck_assert_str_eq(found.title, "b");
    ck_assert(!found.has_ramdisk);
    /* Its path is that of a /boot that is mounted. */
    expect_content(kernel, "kernel", 6);
}
END_TEST

START_TEST(what_is_not_there_is_named)
{
    ck_assert_int_eq(ftruncate(disk, FS_BYTES), 0);
    run(FS_BYTES);
    ck_assert(!found.done && strstr(found.message, "no file system"));
    shell("rm tree/boot/vmlinuz-1");
    put_file_system(0);
    run(FS_BYTES);
    ck_assert(!found.done && strstr(found.message, "/boot/vmlinuz: there is no such file"));
    shell("rm tree/boot/vmlinuz && mkdir tree/boot/vmlinuz");
    put_file_system(0);
    run(FS_BYTES);
    ck_assert(!found.done && strstr(found.message, "/boot/vmlinuz: is not a file"));
    shell("rmdir tree/boot/vmlinuz && ln -s vmlinuz tree/boot/vmlinuz");
    put_file_system(0);
    run(FS_BYTES);
    ck_assert(!found.done);
    shell("rm tree/boot/vmlinuz && truncate -s 1100000 tree/boot/vmlinuz");
    put_file_system(0);
    run(FS_BYTES);
    ck_assert(!found.done && strstr(found.message, "is too large, 1100000 bytes"));
    shell("rm -r tree/boot/grub");
    put_file_system(0);
    run(FS_BYTES);
    ck_assert(!found.done && strstr(found.message, "has a configuration of GRUB"));
}
END_TEST

/* Each byte of the first blocks in turn is another: whatever is read, it ends, within its bounds. */
START_TEST(damage_anywhere)
{
    unsigned char byte;

    put_file_system(0);
    for (off_t at = 1024; at < 64 * 1024; at += at < 2048 ? 3 : 97) {
        pread(disk, &byte, 1, at);
        byte ^= 0xff;
        pwrite(disk, &byte, 1, at);
        run(FS_BYTES);
        byte ^= 0xff;
        pwrite(disk, &byte, 1, at);
    }
    run(FS_BYTES);
    ck_assert(found.done);
}
END_TEST

Suite *bootfind_suite(void)
{
    Suite *suite = suite_create("bootfind");
    TCase *cases = tcase_create("bootfind");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_disk_without_partitions);
    tcase_add_test(cases, partitions_of_both_kinds);
    tcase_add_test(cases, tables_that_lie);
    tcase_add_test(cases, entries_where_there_is_no_grub);
    tcase_add_test(cases, what_is_not_there_is_named);
    tcase_add_test(cases, damage_anywhere);
    suite_add_tcase(suite, cases);
    return suite;
}
