/* SPDX-License-Identifier: MIT */
/* Replays a corpus: gives the files named on the command line, and those in folders there, to a fuzz target. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int replayed_count;

static void replay_fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(2);
}

/* The copy has exactly the input's size, so that AddressSanitizer sees a read beyond it. */
static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size);

    if (!file || (!data && size)) {
        replay_fail(path);
    }
    if (fread(data, 1, size, file) != size) {
        replay_fail(path);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    replayed_count++;
}

static void replay_path(const char *path);

static void replay_folder(const char *path)
{
    struct dirent **entries;
    int entry_count = scandir(path, &entries, NULL, alphasort);

    if (entry_count < 0) {
        replay_fail(path);
    }
    for (int i = 0; i < entry_count; i++) {
        char name[PATH_MAX];

        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') {
            replay_path(name);
        }
        free(entries[i]);
    }
    free(entries);
}

static void replay_path(const char *path)
{
    struct stat info;

    if (stat(path, &info)) {
        replay_fail(path);
    }
    if (S_ISDIR(info.st_mode)) {
        replay_folder(path);
    } else {
        replay_file(path, (size_t)info.st_size);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        replay_path(argv[i]);
    }
    printf("%u inputs replayed\n", replayed_count);
    return replayed_count ? 0 : 2;
}
