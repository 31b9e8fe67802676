/* SPDX-License-Identifier: MIT */
/* Network interfaces and bridges of dom0, through rtnetlink. */
#include "lib/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/device.h"
#include "lib/module.h"
#include "lib/netlink.h"

/* The VLAN that a bridge gives a new port by itself. */
#define BRIDGE_VLAN 1
/* How long the kernel may be making an interface that sysfs shows already. */
#define MAKING_MS      5000
#define MAKING_STEP_MS 10

/* A request about an interface that is there. `index` must not be 0. */
static void begin_link(struct pv_netlink *m, uint16_t type, unsigned char family, unsigned int index)
{
    struct ifinfomsg *info;

    pv_netlink_begin(m, type, 0);
    info = pv_netlink_extend(m, sizeof(*info));
    info->ifi_family = family;
    info->ifi_index = (int)index;
}

static int switch_on(unsigned int index, unsigned int master)
{
    struct pv_netlink m;
    struct ifinfomsg *info;
    uint32_t number = master;

    pv_netlink_begin(&m, RTM_NEWLINK, 0);
    info = pv_netlink_extend(&m, sizeof(*info));
    *info = (struct ifinfomsg){.ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    if (master) {
        pv_netlink_put(&m, IFLA_MASTER, &number, sizeof(number));
    }
    return pv_netlink_ask(NETLINK_ROUTE, &m, NULL);
}

bool pv_link_exists(const char *name)
{
    return if_nametoindex(name) != 0;
}

bool pv_link_is_bridge(const char *name)
{
    char path[64 + IF_NAMESIZE];

    snprintf(path, sizeof(path), "/sys/class/net/%s/bridge", name);
    return access(path, F_OK) == 0;
}

static int create_bridge(const char *name)
{
    struct pv_netlink m;
    struct rtattr *nest;

    pv_netlink_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    pv_netlink_extend(&m, sizeof(struct ifinfomsg));
    pv_netlink_put(&m, IFLA_IFNAME, name, strlen(name) + 1);
    nest = pv_netlink_open(&m, IFLA_LINKINFO);
    pv_netlink_put(&m, IFLA_INFO_KIND, "bridge", strlen("bridge"));
    pv_netlink_close(&m, nest);
    return pv_netlink_ask(NETLINK_ROUTE, &m, NULL);
}

int pv_link_make_bridge(const char *name, struct pv_error *error)
{
    int number;

    if (strlen(name) >= IF_NAMESIZE || !*name) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%.64s\" cannot be the name of a bridge", name);
    }
    if (pv_link_exists(name) && !pv_link_is_bridge(name)) {
        return pv_error_set(error, PV_ERROR_USAGE, "%s is there, and is no bridge", name);
    }
    number = create_bridge(name);
    if (number == EOPNOTSUPP && pv_module_load("bridge", error) == 0) {
        number = create_bridge(name);
    }
    if (number == 0 || number == EEXIST) {
        number = switch_on(if_nametoindex(name), 0);
    }
    return number ? pv_error_errno(error, number, "making the bridge %s", name) : 0;
}

int pv_link_add_address(const char *name, const char *address, struct pv_error *error)
{
    unsigned int index = if_nametoindex(name), length;
    const char *slash = strchr(address, '/');
    char text[INET6_ADDRSTRLEN] = "", *end = NULL;
    struct in6_addr bytes;
    struct pv_netlink m;
    struct ifaddrmsg *info;
    bool six = strchr(address, ':') != NULL;
    int number;

    if (slash && (size_t)(slash - address) < sizeof(text)) {
        memcpy(text, address, (size_t)(slash - address));
    }
    length = slash ? (unsigned int)strtoul(slash + 1, &end, 10) : 0;
    if (!slash || *end || end == slash + 1 || length > (six ? 128 : 32) ||
        inet_pton(six ? AF_INET6 : AF_INET, text, &bytes) != 1) {
        return pv_error_set(error, PV_ERROR_USAGE, "\"%.64s\" is not an address such as 10.0.0.1/24", address);
    }
    pv_netlink_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    info = pv_netlink_extend(&m, sizeof(*info));
    *info = (struct ifaddrmsg){.ifa_family = six ? AF_INET6 : AF_INET, .ifa_prefixlen = (uint8_t)length,
                               .ifa_index = index};
    pv_netlink_put(&m, IFA_LOCAL, &bytes, six ? sizeof(bytes) : sizeof(struct in_addr));
    pv_netlink_put(&m, IFA_ADDRESS, &bytes, six ? sizeof(bytes) : sizeof(struct in_addr));
    number = index ? pv_netlink_ask(NETLINK_ROUTE, &m, NULL) : ENODEV;
    return number && number != EEXIST ? pv_error_errno(error, number, "giving %s the address %s", name, address) : 0;
}

/* The bridge's filter, which gives each port its VLANs. */
static int filter_vlans(const char *bridge)
{
    struct pv_netlink m;
    struct rtattr *info, *data;
    uint8_t on = 1;

    begin_link(&m, RTM_NEWLINK, AF_UNSPEC, if_nametoindex(bridge));
    info = pv_netlink_open(&m, IFLA_LINKINFO);
    pv_netlink_put(&m, IFLA_INFO_KIND, "bridge", strlen("bridge"));
    data = pv_netlink_open(&m, IFLA_INFO_DATA);
    pv_netlink_put(&m, IFLA_BR_VLAN_FILTERING, &on, sizeof(on));
    pv_netlink_close(&m, data);
    pv_netlink_close(&m, info);
    return pv_netlink_ask(NETLINK_ROUTE, &m, NULL);
}

static int port_vlan(unsigned int index, uint16_t type, uint16_t vlan, uint16_t flags)
{
    struct bridge_vlan_info info = {.flags = flags, .vid = vlan};
    struct pv_netlink m;
    struct rtattr *nest;

    begin_link(&m, type, AF_BRIDGE, index);
    nest = pv_netlink_open(&m, IFLA_AF_SPEC);
    pv_netlink_put(&m, IFLA_BRIDGE_VLAN_INFO, &info, sizeof(info));
    pv_netlink_close(&m, nest);
    return pv_netlink_ask(NETLINK_ROUTE, &m, NULL);
}

/* dom0 itself is not to be reached through a guest's port. */
static void silence(const char *name)
{
    char path[64 + IF_NAMESIZE];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    file = fopen(path, "we");
    if (file) {
        fputs("1", file);
        fclose(file);
    }
}

/* The VLANs of a port: one for frames without a tag, 0 for the bridge's own or, beside others, none. */
static int set_vlans(unsigned int index, uint16_t vlan, const uint8_t *trunks)
{
    int number = vlan || trunks ? port_vlan(index, RTM_DELLINK, BRIDGE_VLAN, 0) : 0;

    /* Of a bridge that gives ports no VLAN there is none to be deleted. */
    number = number == ENOENT ? 0 : number;
    for (unsigned int other = 1; !number && trunks && other <= PV_VLAN_MOST; other++) {
        number = pv_vlans_has(trunks, other) ? port_vlan(index, RTM_SETLINK, (uint16_t)other, 0) : 0;
    }
    if (!number && vlan) {
        number = port_vlan(index, RTM_SETLINK, vlan, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
    }
    return number;
}

/* An interface's number, 0 where there is none. sysfs shows an interface while the kernel is still making it, and its
 * name means nothing until that is done. */
static unsigned int index_of(const char *name)
{
    unsigned int index = if_nametoindex(name);
    char path[64];

    snprintf(path, sizeof(path), "/sys/class/net/%s", name);
    for (int waited = 0; !index && waited < MAKING_MS && access(path, F_OK) == 0; waited += MAKING_STEP_MS) {
        usleep(MAKING_STEP_MS * 1000);
        index = if_nametoindex(name);
    }
    return index;
}

int pv_link_switch_on(const char *name, struct pv_error *error)
{
    unsigned int index = index_of(name);
    int number = index ? 0 : ENODEV;

    silence(name);
    number = number ? number : switch_on(index, 0);
    return number ? pv_error_errno(error, number, "switching %s on", name) : 0;
}

int pv_link_join_bridge(const char *name, const char *bridge, uint16_t vlan, const uint8_t *trunks,
                        struct pv_error *error)
{
    unsigned int index = index_of(name), master = if_nametoindex(bridge);
    int number;

    if (!index || !pv_link_is_bridge(bridge)) {
        return pv_error_set(error, PV_ERROR_FAILURE, "there is no %s %s", index ? "bridge" : "interface",
                            index ? bridge : name);
    }
    silence(name);
    number = vlan || trunks ? filter_vlans(bridge) : 0;
    if (number) {
        return pv_error_errno(error, number, "switching on the filter of VLANs of the bridge %s", bridge);
    }
    number = switch_on(index, master);
    if (number) {
        return pv_error_errno(error, number, "putting %s on the bridge %s", name, bridge);
    }
    number = set_vlans(index, vlan, trunks);
    return number ? pv_error_errno(error, number, "giving %s its VLANs of the bridge %s", name, bridge) : 0;
}
