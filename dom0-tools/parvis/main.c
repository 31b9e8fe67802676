/* SPDX-License-Identifier: MIT */
/* parvis, the command line of the hypervisor: finds the subcommand, reads its options, turns its error into a
 * status. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parvis/command.h"

const struct command *const commands[] = {
    &command_create, &command_list,    &command_info,  &command_console, &command_shutdown,
    &command_reboot, &command_destroy, &command_pause, &command_unpause, &command_dmesg,
    &command_disk,   &command_network, &command_schema,  &command_trace, &command_version, &command_help,
};
const size_t command_count = sizeof(commands) / sizeof(commands[0]);

#define OPTIONS_MOST 16

static const struct command_option output_of_help = {'h', "help", NULL, "this text"};

bool option_given(const struct invocation *invocation, char letter)
{
    return invocation->values[(unsigned char)letter] != NULL;
}

int option_seconds(const struct invocation *invocation, char letter, int fallback, struct pv_error *error)
{
    const char *text = invocation->values[(unsigned char)letter];
    const long day = 24L * 60 * 60;
    char *end;
    long seconds;

    if (!text) {
        return fallback;
    }
    seconds = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || seconds < 0 || seconds > day) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%s\" is not a number of seconds from 0 to %ld", text,
                            day);
    }
    return (int)seconds * 1000;
}

int option_json(const struct invocation *invocation, bool *json, struct pv_error *error)
{
    const char *text = invocation->values['o'];

    *json = text && strcmp(text, "json") == 0;
    if (text && !*json && strcmp(text, "text") != 0) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%s\" is no output format; there are text and json",
                            text);
    }
    return 0;
}

static bool progress_shown;

static void show_progress(void *argument, const char *what)
{
    (void)argument;
    progress_shown = true;
    fprintf(stderr, "\r\033[Kparvis: %s ...", what);
}

void command_end_progress(void)
{
    if (progress_shown) {
        fputs("\r\033[K", stderr);
        progress_shown = false;
    }
}

int command_open_host(struct pv_host *host, struct pv_error *error)
{
    if (pv_host_open(host, error) != 0) {
        return -1;
    }
    if (isatty(STDERR_FILENO)) {
        host->progress = show_progress;
    }
    return 0;
}

static void print_option(const struct command_option *option)
{
    char letter[8] = "    ", left[64];

    if (option->letter >= 'a' && option->letter <= 'z') {
        snprintf(letter, sizeof(letter), "-%c, ", option->letter);
    }
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    printf("  %-24s %s\n", left, option->help);
}

void command_print_help(const struct command *command)
{
    printf("usage: parvis %s%s%s\n\n%s.\n", command->name, command->usage[0] ? " " : "", command->usage,
           command->summary);
    if (command->help) {
        printf("%s\n", command->help);
    }
    printf("\n");
    for (const struct command_option *option = command->options; option->letter; option++) {
        print_option(option);
    }
    print_option(&output_of_help);
}

static int add_option(struct option *list, char *letters, int count, const struct command_option *option)
{
    list[count] = (struct option){.name = option->name,
                                  .has_arg = option->argument ? required_argument : no_argument,
                                  .val = option->letter};
    if (option->letter >= 'a' && option->letter <= 'z') {
        sprintf(letters + strlen(letters), "%c%s", option->letter, option->argument ? ":" : "");
    }
    return count + 1;
}

/* Reads the options. Returns 0, -1, or 1 when --help has been answered. */
static int read_options(const struct command *command, int argc, char **argv, struct invocation *invocation,
                        struct pv_error *error)
{
    struct option list[OPTIONS_MOST + 2] = {{0}};
    char letters[2 * OPTIONS_MOST + 8] = ":";
    int count = add_option(list, letters, 0, &output_of_help), letter;

    for (const struct command_option *option = command->options; option->letter && count < OPTIONS_MOST;
         option++) {
        count = add_option(list, letters, count, option);
    }
    while ((letter = getopt_long(argc, argv, letters, list, NULL)) != -1) {
        if (letter == '?' || letter == ':') {
            return pv_error_set(error, PV_ERROR_USAGE, "%s \"%s\"; see parvis %s --help",
                                letter == ':' ? "an argument is missing to" : "there is no option",
                                argv[optind - 1], command->name);
        }
        if (letter == 'h') {
            command_print_help(command);
            return 1;
        }
        invocation->values[letter] = optarg ? optarg : "";
    }
    invocation->arguments = argv + optind;
    invocation->count = argc - optind;
    if (invocation->count < command->least || (command->most >= 0 && invocation->count > command->most)) {
        return pv_error_set(error, PV_ERROR_USAGE, "usage: parvis %s %s", command->name, command->usage);
    }
    return 0;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    struct pv_error error = {0};
    struct invocation invocation = {0};
    int result;

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        name = "help";
    } else if (strcmp(name, "--version") == 0) {
        printf("parvis %s\n", PARVIS_VERSION);
        return 0;
    }
    invocation.command = find_command(name);
    if (!invocation.command) {
        fprintf(stderr, "parvis: there is no command \"%s\"; see parvis help\n", name);
        return PV_ERROR_USAGE;
    }
    result = read_options(invocation.command, argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv,
                          &invocation, &error);
    if (result == 0) {
        result = invocation.command->run(&invocation, &error);
    }
    command_end_progress();
    if (result < 0) {
        fprintf(stderr, "parvis: %s\n", error.message);
        return error.class != PV_ERROR_NONE ? (int)error.class : PV_ERROR_FAILURE;
    }
    return fflush(stdout) == 0 ? 0 : PV_ERROR_FAILURE;
}
