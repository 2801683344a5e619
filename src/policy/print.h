/* Pieces of the canonical text. */
#ifndef POLICY_PRINT_H
#define POLICY_PRINT_H

#include "policy/model.h"

void print_text(struct buf *b, struct span text); /* in double quotes */
void print_key(struct buf *b, const char *key, const char *text);
void print_bool(struct buf *b, const char *key, bool value);
void print_list(struct buf *b, const char *key, const char *const *list);

/* print_asks.c */
void print_asks(struct buf *b, const struct entry *entry);

#endif
