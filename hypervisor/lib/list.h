/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked lists whose links lie in the elements. A list's head is a link too; an empty one points at
 * itself.
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include "lib/types.h"

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(head)                                                                                      \
    {                                                                                                        \
        &(head), &(head)                                                                                     \
    }

static inline void list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_between(struct list *link, struct list *before, struct list *after)
{
    link->prev = before;
    link->next = after;
    before->next = link;
    after->prev = link;
}

/* Adds at the front; or, with a link of the list for head, right behind that element. */
static inline void list_add(struct list *head, struct list *link)
{
    list_insert_between(link, head, head->next);
}

/* Adds at the end; or right before an element. */
static inline void list_add_tail(struct list *head, struct list *link)
{
    list_insert_between(link, head->prev, head);
}

/* Takes an element out; its own link is empty afterwards, so that removing it again does no harm. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* The first link of a list, or NULL when it is empty; taken out of it by list_pop. */
static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

static inline struct list *list_pop(struct list *head)
{
    struct list *link = list_first(head);

    if (link) {
        list_remove(link);
    }
    return link;
}

#define LIST_ENTRY(link, type, member) CONTAINER_OF(link, type, member)

/* Walks links; the second form allows the element at hand to be removed. */
#define LIST_FOR_EACH(link, head) for (struct list *link = (head)->next; link != (head); link = link->next)
#define LIST_FOR_EACH_SAFE(link, head)                                                                       \
    for (struct list *link = (head)->next, *next_##link = link->next; link != (head);                        \
         link = next_##link, next_##link = link->next)

#endif
