/* From what an engine says to the fields of a container. Pure; texts that are made live in the
 * arena, others where they were found. */
#ifndef SENSOR_CONTAINER_CONTAINER_FILL_H
#define SENSOR_CONTAINER_CONTAINER_FILL_H

#include "core/arena.h"
#include "entity/container.h"
#include "entity/record.h"
#include "sensor/container/container_json.h"

#define FILL_ITEMS_MAX 4096 /* of one list */

/* A list that grows; what is beyond the cap is counted, and told in its last item. */
struct fill {
	struct arena *arena;
	struct span *items;
	size_t n, cap, left_out;
};

void fill_add(struct fill *f, struct span text); /* empty texts are not added */
void fill_addf(struct fill *f, const char *fmt, ...) PRINTF(2, 3);
/* Nothing when there are no items. */
void fill_set(struct fill *f, struct record *r, unsigned field);  /* sorted */
void fill_list(struct fill *f, struct record *r, unsigned field); /* in order */

void fill_text(struct record *r, unsigned field, struct span text); /* nothing when empty */
/* RFC 3339; Go's zero time and what is none are left out. */
void fill_time(struct record *r, unsigned field, struct span text);
/* The texts of an array. */
void fill_array(struct arena *a, struct record *r, unsigned field, const struct jval *array);
/* NAME of each "NAME=value". */
void fill_environment(struct arena *a, struct record *r, const struct jval *array);
/* "NAME=VALUE" of each member. */
void fill_labels(struct arena *a, struct record *r, const struct jval *object);
/* As Linux has it: CAP_SYS_ADMIN for "sys_admin". */
struct span fill_capability(struct arena *a, struct span name);

#endif
