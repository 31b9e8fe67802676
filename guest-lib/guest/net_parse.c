/* SPDX-License-Identifier: MIT */
/* Puts the slots of a packet together and checks every field. */
#include "guest/net_parse.h"

union extra_slot {
    struct netif_tx_request request;
    struct netif_extra_info extra;
};

_Static_assert(sizeof(struct netif_extra_info) <= sizeof(struct netif_tx_request),
               "an extra fits into a slot");

static bool take_extra(const struct netif_extra_info *extra, struct net_packet *packet)
{
    if (extra->type == XEN_NETIF_EXTRA_TYPE_NONE || extra->type >= XEN_NETIF_EXTRA_TYPE_MAX) {
        return false;
    }
    if (extra->type != XEN_NETIF_EXTRA_TYPE_GSO) {
        packet->other_extras |= (uint16_t)(1u << extra->type);
        return true;
    }
    packet->gso_type = extra->u.gso.type;
    packet->gso_size = extra->u.gso.size;
    return packet->gso_size != 0 &&
           (packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 || packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV6);
}

static enum net_verdict take_extras(net_slot_copy *copy, const void *ring, unsigned int available,
                                    struct net_packet *packet)
{
    union extra_slot slot;

    do {
        if (packet->extras == XEN_NETIF_EXTRA_TYPE_MAX) {
            return NET_BROKEN;
        }
        if (packet->slots == available) {
            return NET_PARTIAL;
        }
        copy(ring, packet->slots++, &slot.request);
        packet->extras++;
        if (!take_extra(&slot.extra, packet)) {
            return NET_BROKEN;
        }
    } while (slot.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
    return NET_PACKET;
}

/* Slots after the first, which tell the sizes of their own pieces; the first told that of the whole. */
static enum net_verdict take_rest(net_slot_copy *copy, const void *ring, unsigned int available, bool more,
                                  struct net_packet *packet)
{
    unsigned int others = 0;

    while (more) {
        struct netif_tx_request slot;

        if (packet->piece_count == NET_PIECES_MAX) {
            return NET_BROKEN;
        }
        if (packet->slots == available) {
            return NET_PARTIAL;
        }
        copy(ring, packet->slots++, &slot);
        packet->pieces[packet->piece_count++] =
            (struct net_piece){.gref = slot.gref, .offset = slot.offset, .size = slot.size, .id = slot.id};
        others += slot.size;
        more = slot.flags & NETTXF_more_data;
    }
    if (others >= packet->size) {
        return NET_REFUSED;
    }
    packet->pieces[0].size = (uint16_t)(packet->size - others);
    return NET_PACKET;
}

static enum net_verdict check_pieces(const struct net_packet *packet)
{
    for (unsigned int i = 0; i < packet->piece_count; i++) {
        const struct net_piece *piece = &packet->pieces[i];

        if (piece->size == 0 || piece->offset >= NET_PAGE || piece->size > NET_PAGE - piece->offset) {
            return NET_REFUSED;
        }
    }
    if (packet->size < NET_HEADER_SIZE || (packet->gso_type && !packet->csum_blank)) {
        return NET_REFUSED;
    }
    return NET_PACKET;
}

enum net_verdict net_parse(net_slot_copy *copy, const void *ring, unsigned int available,
                           struct net_packet *packet)
{
    struct netif_tx_request first;
    enum net_verdict verdict = NET_PACKET;

    if (available == 0) {
        return NET_PARTIAL;
    }
    copy(ring, 0, &first);
    packet->slots = 1;
    packet->extras = 0;
    packet->piece_count = 1;
    packet->pieces[0] = (struct net_piece){.gref = first.gref, .offset = first.offset, .id = first.id};
    packet->size = first.size;
    packet->csum_blank = first.flags & NETTXF_csum_blank;
    packet->validated = first.flags & (NETTXF_data_validated | NETTXF_csum_blank);
    packet->gso_type = XEN_NETIF_GSO_TYPE_NONE;
    packet->gso_size = 0;
    packet->other_extras = 0;
    if (first.flags & NETTXF_extra_info) {
        verdict = take_extras(copy, ring, available, packet);
    }
    if (verdict == NET_PACKET) {
        verdict = take_rest(copy, ring, available, first.flags & NETTXF_more_data, packet);
    }
    return verdict == NET_PACKET ? check_pieces(packet) : verdict;
}
