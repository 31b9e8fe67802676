/* SPDX-License-Identifier: MIT */
/* Ports of Open vSwitch, by transactions on its database. Facts: ovs-vswitchd.conf.db(5). */
#include "lib/vswitch.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ovsdb.h"

/* By this among a port's external ids we know our own. */
#define OURS_KEY   "parvis"
#define OURS_VALUE "guest"

#define TRIES   3
#define TAKE_MS 15000
#define STEP_MS 20

int pv_vswitch_has_bridge(const char *bridge, struct pv_error *error)
{
    struct pv_ovsdb *db = pv_ovsdb_open(error);
    struct pv_json_writer *writer = db ? pv_ovsdb_begin(error) : NULL;
    struct pv_json *results = NULL;
    int result = -1;

    if (writer) {
        pv_ovsdb_operation(writer, "select", "Bridge");
        pv_ovsdb_where(writer, "name", "==", false, bridge);
        pv_ovsdb_columns(writer, "_uuid", NULL);
        pv_ovsdb_end(writer);
        results = pv_ovsdb_run(db, writer, NULL, error);
    }
    if (results) {
        result = pv_ovsdb_rows(pv_ovsdb_result(results, 0)) ? 1 : 0;
    }
    pv_json_free(results);
    pv_ovsdb_close(db);
    return result;
}

/* {"parvis": "guest"}, and the guest's hardware address where it is given. */
static void put_external_ids(struct pv_json_writer *writer, const uint8_t *mac)
{
    char text[PV_MAC_TEXT];

    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, "map");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_ovsdb_reference(writer, OURS_KEY, OURS_VALUE);
    if (mac) {
        pv_mac_text(mac, text);
        pv_ovsdb_reference(writer, "attached-mac", text);
    }
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
}

static void put_vlans(struct pv_json_writer *writer, const struct pv_network *network)
{
    uint8_t vlans[PV_VLANS_SIZE];

    if (network->vlan) {
        pv_json_member_integer(writer, "tag", (long long)network->vlan);
    }
    if (!network->trunks || !pv_vlans_parse(network->trunks, vlans)) {
        return;
    }
    pv_json_member_string(writer, "vlan_mode", network->vlan ? "native-untagged" : "trunk");
    pv_json_key(writer, "trunks");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, "set");
    pv_json_open(writer, PV_JSON_ARRAY);
    for (unsigned int vlan = 1; vlan <= PV_VLAN_MOST; vlan++) {
        if (pv_vlans_has(vlans, vlan)) {
            pv_json_integer(writer, vlan);
        }
    }
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
}

/* A port goes when no bridge has it any more. */
static void put_removal(struct pv_json_writer *writer, const char *port)
{
    pv_ovsdb_operation(writer, "mutate", "Bridge");
    pv_ovsdb_where(writer, "ports", "includes", true, port);
    pv_ovsdb_mutation(writer, "ports", "delete", "uuid", port);
    pv_ovsdb_end(writer);
}

static void put_interface(struct pv_json_writer *writer, const char *name, const struct pv_network *network)
{
    pv_ovsdb_operation(writer, "insert", "Interface");
    pv_json_member_string(writer, "uuid-name", "interface");
    pv_json_key(writer, "row");
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "name", name);
    pv_json_key(writer, "external_ids");
    put_external_ids(writer, network->mac);
    pv_json_close(writer, PV_JSON_OBJECT);
    pv_ovsdb_end(writer);
}

static void put_port(struct pv_json_writer *writer, const char *name, const struct pv_network *network,
                     const char *bridge)
{
    put_interface(writer, name, network);
    pv_ovsdb_operation(writer, "insert", "Port");
    pv_json_member_string(writer, "uuid-name", "port");
    pv_json_key(writer, "row");
    pv_json_open(writer, PV_JSON_OBJECT);
    pv_json_member_string(writer, "name", name);
    pv_json_key(writer, "interfaces");
    pv_ovsdb_reference(writer, "named-uuid", "interface");
    put_vlans(writer, network);
    pv_json_key(writer, "external_ids");
    put_external_ids(writer, NULL);
    pv_json_close(writer, PV_JSON_OBJECT);
    pv_ovsdb_end(writer);
    pv_ovsdb_operation(writer, "mutate", "Bridge");
    pv_ovsdb_where(writer, "_uuid", "==", true, bridge);
    pv_ovsdb_mutation(writer, "ports", "insert", "named-uuid", "port");
    pv_ovsdb_end(writer);
}

/* The switch writes the number of the last configuration that it has taken beside that of the wanted one. */
static void put_next_configuration(struct pv_json_writer *writer)
{
    pv_ovsdb_operation(writer, "mutate", "Open_vSwitch");
    pv_ovsdb_where_all(writer);
    pv_json_key(writer, "mutations");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, "next_cfg");
    pv_json_string(writer, "+=");
    pv_json_integer(writer, 1);
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_ovsdb_end(writer);
    pv_ovsdb_operation(writer, "select", "Open_vSwitch");
    pv_ovsdb_where_all(writer);
    pv_ovsdb_columns(writer, "next_cfg", "cur_cfg");
    pv_ovsdb_end(writer);
}

static long long number_of(const struct pv_json *row, const char *column)
{
    const struct pv_json *value = pv_ovsdb_column(row, column);

    return value && value->type == PV_JSON_NUMBER ? strtoll(value->text, NULL, 10) : -1;
}

/* What is there under the names of a bridge and a port: for pv_json_free. */
static struct pv_json *look_up(struct pv_ovsdb *db, const char *bridge, const char *port, struct pv_error *error)
{
    struct pv_json_writer *writer = pv_ovsdb_begin(error);

    if (!writer) {
        return NULL;
    }
    pv_ovsdb_operation(writer, "select", "Bridge");
    pv_ovsdb_where(writer, "name", "==", false, bridge);
    pv_ovsdb_columns(writer, "_uuid", NULL);
    pv_ovsdb_end(writer);
    pv_ovsdb_operation(writer, "select", "Port");
    pv_ovsdb_where(writer, "name", "==", false, port);
    pv_ovsdb_columns(writer, "_uuid", NULL);
    pv_ovsdb_end(writer);
    return pv_ovsdb_run(db, writer, NULL, error);
}

/* Puts the port into the database. Returns the number of the configuration that has it, -1 on failure. */
static long long insert(struct pv_ovsdb *db, const char *name, const struct pv_network *network, bool *conflict,
                        struct pv_error *error)
{
    struct pv_json *found = look_up(db, network->bridge, name, error), *results = NULL;
    const char *bridge = found ? pv_ovsdb_uuid(pv_ovsdb_rows(pv_ovsdb_result(found, 0))) : NULL;
    const char *old = found ? pv_ovsdb_uuid(pv_ovsdb_rows(pv_ovsdb_result(found, 1))) : NULL;
    struct pv_json_writer *writer = bridge ? pv_ovsdb_begin(error) : NULL;
    long long number = -1;

    *conflict = false;
    if (found && !bridge) {
        pv_error_set(error, PV_ERROR_FAILURE, "Open vSwitch has no bridge %s", network->bridge);
    }
    if (writer) {
        if (old) {
            put_removal(writer, old);
        }
        put_port(writer, name, network, bridge);
        put_next_configuration(writer);
        results = pv_ovsdb_run(db, writer, conflict, error);
    }
    if (results) {
        number = number_of(pv_ovsdb_rows(pv_ovsdb_result(results, old ? 5 : 4)), "next_cfg");
    }
    pv_json_free(results);
    pv_json_free(found);
    return number;
}

/* Whether the switch has taken a configuration: 1, 0, or -1 with what it says of the interface. Somebody else, such as
 * parvis-monitord, may have put the same port in anew meanwhile: then that is what is to be taken. */
static int is_taken(struct pv_ovsdb *db, const char *name, long long number, struct pv_error *error)
{
    struct pv_json_writer *writer = pv_ovsdb_begin(error);
    const struct pv_json *said, *row, *numbers;
    struct pv_json *results;
    long long current;
    int result;

    if (!writer) {
        return -1;
    }
    pv_ovsdb_operation(writer, "select", "Open_vSwitch");
    pv_ovsdb_where_all(writer);
    pv_ovsdb_columns(writer, "cur_cfg", "next_cfg");
    pv_ovsdb_end(writer);
    pv_ovsdb_operation(writer, "select", "Interface");
    pv_ovsdb_where(writer, "name", "==", false, name);
    pv_ovsdb_columns(writer, "error", "ofport");
    pv_ovsdb_end(writer);
    results = pv_ovsdb_run(db, writer, NULL, error);
    if (!results) {
        return -1;
    }
    numbers = pv_ovsdb_rows(pv_ovsdb_result(results, 0));
    current = number_of(numbers, "cur_cfg");
    result = current >= number;
    row = pv_ovsdb_rows(pv_ovsdb_result(results, 1));
    said = pv_ovsdb_column(row, "error");
    /* Without a text it is an empty set, and so is the port's number where the switch could not make the bridge. */
    if (result && said && said->type == PV_JSON_STRING) {
        result = pv_error_set(error, PV_ERROR_FAILURE, "Open vSwitch says: %.300s", said->text);
    } else if (result && number_of(row, "ofport") < 0 && current < number_of(numbers, "next_cfg")) {
        result = 0;
    } else if (result && number_of(row, "ofport") < 0) {
        result = pv_error_set(error, PV_ERROR_FAILURE, "Open vSwitch makes no port of it; its log says why");
    }
    pv_json_free(results);
    return result;
}

static int add(struct pv_ovsdb *db, const char *name, const struct pv_network *network, struct pv_error *error)
{
    bool conflict = true;
    long long number = -1;
    int taken;

    for (int tries = 0; number < 0 && conflict && tries < TRIES; tries++) {
        number = insert(db, name, network, &conflict, error);
    }
    if (number < 0) {
        return -1;
    }
    for (int waited = 0; (taken = is_taken(db, name, number, error)) == 0; waited += STEP_MS) {
        if (waited >= TAKE_MS) {
            return pv_error_set(error, PV_ERROR_TIMEOUT,
                                "Open vSwitch has not taken %s within %d s; does ovs-vswitchd run?", name,
                                TAKE_MS / 1000);
        }
        usleep(STEP_MS * 1000);
    }
    return taken < 0 ? -1 : 0;
}

int pv_vswitch_add(const char *name, const struct pv_network *network, struct pv_error *error)
{
    struct pv_ovsdb *db = pv_ovsdb_open(error);
    int result = db ? add(db, name, network, error) : -1;

    pv_ovsdb_close(db);
    return result ? pv_error_wrap(error, "putting %s on the bridge %s", name, network->bridge) : 0;
}

/* Our ports, as a result of a select. */
static struct pv_json *list_ours(struct pv_ovsdb *db, struct pv_error *error)
{
    struct pv_json_writer *writer = pv_ovsdb_begin(error);

    if (!writer) {
        return NULL;
    }
    pv_ovsdb_operation(writer, "select", "Port");
    pv_json_key(writer, "where");
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_open(writer, PV_JSON_ARRAY);
    pv_json_string(writer, "external_ids");
    pv_json_string(writer, "includes");
    put_external_ids(writer, NULL);
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_json_close(writer, PV_JSON_ARRAY);
    pv_ovsdb_columns(writer, "_uuid", "name");
    pv_ovsdb_end(writer);
    return pv_ovsdb_run(db, writer, NULL, error);
}

/* By the row's id and not its name: a port that somebody made anew meanwhile is another. */
static int remove_dead(struct pv_ovsdb *db, const struct pv_json *rows, unsigned int *count, struct pv_error *error)
{
    struct pv_json_writer *writer = pv_ovsdb_begin(error);
    struct pv_json *results;

    if (!writer) {
        return -1;
    }
    for (const struct pv_json *row = rows; row; row = row->next) {
        const struct pv_json *name = pv_ovsdb_column(row, "name");
        const char *port = pv_ovsdb_uuid(row);

        if (port && name && name->type == PV_JSON_STRING && if_nametoindex(name->text) == 0) {
            put_removal(writer, port);
            (*count)++;
        }
    }
    if (*count == 0) {
        pv_json_writer_free(writer);
        return 0;
    }
    put_next_configuration(writer);
    results = pv_ovsdb_run(db, writer, NULL, error);
    pv_json_free(results);
    return results ? 0 : -1;
}

int pv_vswitch_sweep(unsigned int *count, struct pv_error *error)
{
    struct pv_ovsdb *db = pv_ovsdb_open(error);
    struct pv_json *ours = db ? list_ours(db, error) : NULL;
    int result = -1;

    *count = 0;
    if (ours) {
        result = remove_dead(db, pv_ovsdb_rows(pv_ovsdb_result(ours, 0)), count, error);
    }
    pv_json_free(ours);
    pv_ovsdb_close(db);
    return result;
}
