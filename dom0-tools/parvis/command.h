/* SPDX-License-Identifier: MIT */
/* A subcommand of parvis: what it is called, takes and does. Each has a file of its own; main.c has the
 * table. */
#ifndef PARVIS_COMMAND_H
#define PARVIS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/host.h"

struct command_option {
    char letter; /* names the option in the code too; letters above 'z' have no short form */
    const char *name;
    const char *argument; /* what --help calls it; NULL: takes none */
    const char *help;
};

/* Options end with one whose letter is 0. */
#define COMMAND_OPTIONS_END \
    {                       \
        0, NULL, NULL, NULL \
    }

struct invocation {
    const struct command *command;
    const char *values[128]; /* by letter: "" for an option without argument, NULL where it is not given */
    char **arguments;
    int count;
};

struct command {
    const char *name;
    const char *usage; /* what follows the name */
    const char *summary;
    const char *help; /* sentences for --help; may be NULL */
    const struct command_option *options;
    int least, most; /* arguments; most -1: any number */
    int (*run)(const struct invocation *invocation, struct pv_error *error);
};

extern const struct command *const commands[];
extern const size_t command_count;

extern const struct command command_create, command_list, command_console, command_shutdown, command_reboot,
    command_destroy, command_pause, command_unpause, command_info, command_dmesg, command_schema,
    command_version, command_help, command_trace, command_disk, command_network;

/* True where the option was given. */
bool option_given(const struct invocation *invocation, char letter);

/* Reads the argument of an option as a count of seconds up to a day, in milliseconds; `fallback` where not
 * given. */
int option_seconds(const struct invocation *invocation, char letter, int fallback, struct pv_error *error);

/* True for `-o json`, false for none or `-o text`; else an error. */
int option_json(const struct invocation *invocation, bool *json, struct pv_error *error);

/* Opens the host, telling of progress on a terminal. */
int command_open_host(struct pv_host *host, struct pv_error *error);

/* Takes the line of progress away from the terminal. */
void command_end_progress(void);

/* Prints a command's help. */
void command_print_help(const struct command *command);

#endif
