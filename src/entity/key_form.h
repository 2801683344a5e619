/* Inside entity/key.c and key_form.c: sections of a key joined by NUL, for the forms of Windows. */
#ifndef ENTITY_KEY_FORM_H
#define ENTITY_KEY_FORM_H

#include "entity/key.h"

enum key_form { KEY_POSIX, KEY_WINDOWS, KEY_REGISTRY, KEY_VALUE };

enum key_form key_form(const struct kind *k, struct span text);

/* Append the sections of a text joined by NUL; ERR_FORMAT when it is no key. Not KEY_POSIX. */
int key_join(enum key_form form, struct span text, struct buf *ret, struct err *e) MUST_CHECK;

/* Append the text of joined sections; takes any bytes, and gives no key for what is none. */
void key_unjoin(enum key_form form, struct span joined, struct buf *ret);

/* Cut the text of a value into its key and its name, '\' still doubled. False: it has no key. */
bool value_cut(struct span text, struct span *ret_key, struct span *ret_name);

/* Append the name of a value without doubling. False when a '\' stands alone. */
bool value_name(struct span doubled, struct buf *ret);

int key_refuse(struct span text, const char *why, struct err *e);

#endif
