/* The answer to one rule's query as records of kind wmi. */
#ifndef SENSOR_WMI_TABLE_H
#define SENSOR_WMI_TABLE_H

#include "entity/record.h"
#include "entity/select.h"
#include "sensor/wmi/identity.h"

#define TABLE_TEXT_MAX 8192 /* bytes of one value's text; longer ones are "sha256:… (N bytes)" */

struct table {
	const struct rule_asks *asks;
	struct span host; /* our name */
	struct row *row;  /* all of them: of what is not complete nothing is compared */
	size_t n;
	const struct row_class *class; /* of the rows, as far as it is known */
	size_t n_classes;
	size_t n_copies; /* rows that table_fold_copies took away */
};

/* Takes the rows of Win32_Service away that are a user's copy of a service, as kind service counts
 * those with their template: is_copy says of a service's name whether it is one. A row without its
 * name stays. */
void table_fold_copies(struct table *t, bool (*is_copy)(void *ctx, struct span service), void *ctx);

/* Emits the query itself ("RULE:") and its rows, in the order of their keys. Records and texts live
 * in a. Rows of one key are told apart as KEY, KEY#2, …, in the order of their texts. */
void table_emit(const struct table *t, struct arena *a,
	void (*emit)(void *ctx, const struct record *r), void *ctx);

/* The same where the namespace or the class is not there. */
void table_absent(const struct rule_asks *asks, struct arena *a,
	void (*emit)(void *ctx, const struct record *r), void *ctx);

/* "RULE:", what all keys of a rule begin with. */
struct span table_prefix(const struct rule_asks *asks, struct arena *a);

#endif
