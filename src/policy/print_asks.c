/* The part of a rule's canonical text that only kinds of Windows have. */
#include "policy/print.h"

static void print_names(struct buf *b, const char *key, const struct patterns *names)
{
	if (names->n == 0)
		return;
	buf_addf(b, "      %s:\n", key);
	for (size_t i = 0; i < names->n; i++) {
		struct span name = names->list[i].key;

		buf_add_text(b, "        - ");
		print_text(b, name.n ? name : span_of(DEFAULT_VALUE));
		buf_add_char(b, '\n');
	}
}

static void print_registry(struct buf *b, const struct entry *entry)
{
	if (entry->value_include.n || entry->value_exclude.n)
		buf_add_text(b, "    values:\n");
	print_names(b, "include", &entry->value_include);
	print_names(b, "exclude", &entry->value_exclude);
	if (entry->depth)
		buf_addf(b, "    depth: %u\n", entry->depth - 1);
	print_bool(b, "offline", entry->asks.offline);
}

static void print_properties(struct buf *b, const char *key, const char *const *names)
{
	if (names)
		print_list(b, key, names);
}

static void print_query(struct buf *b, const struct rule_asks *a)
{
	print_key(b, "namespace", a->space);
	print_key(b, "query", a->query);
	print_properties(b, "key", a->key);
	print_properties(b, "only", a->only);
	print_properties(b, "ignore", a->ignore);
	print_properties(b, "unordered", a->unordered);
	buf_addf(b, "    schedule: %u\n    timeout: %u\n    max_rows: %llu\n    max_bytes: ",
		a->schedule, a->timeout, (unsigned long long)a->max_rows);
	/* as it was written in the largest unit: sizes have nine digits */
	if (a->max_bytes % 1024 == 0)
		buf_addf(b, "%lluKiB\n", (unsigned long long)a->max_bytes >> 10);
	else
		buf_addf(b, "%llu\n", (unsigned long long)a->max_bytes);
	buf_addf(b, "    events: %u\n", a->events);
}

void print_asks(struct buf *b, const struct entry *entry)
{
	switch (entry->rule.kind->keys) {
	case KEYS_REGISTRY:
	case KEYS_VALUE:
		print_registry(b, entry);
		break;
	case KEYS_OF_RULE:
		print_query(b, &entry->asks);
		break;
	case KEYS_PLAIN:
		break;
	}
}
