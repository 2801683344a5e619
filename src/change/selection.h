/* SELECTION (change/pipeline.h), taken apart. */
#ifndef CHANGE_SELECTION_H
#define CHANGE_SELECTION_H

#include "change/pipeline.h"
#include "core/glob.h"

enum selector_what {
	SELECT_ALL,
	SELECT_KIND, /* every entity of the kind */
	SELECT_PATH, /* a key of a hierarchical kind, or what is below it; kind NULL: any such */
	SELECT_KEY,  /* a pattern over keys */
	SELECT_RULE,
	SELECT_SEQ,
	SELECT_CARD,
};

struct selector_term {
	enum selector_what what;
	const struct kind *kind;
	struct span text;                /* path, pattern, rule, card */
	const struct glob_section *glob; /* SELECT_KEY of hierarchical kinds */
	/* SELECT_KEY of flat kinds, and keys of Windows: the key, when the text is one as we print
	 * it
	 * (\xNN) */
	struct span printed;
	uint64_t from, to; /* SELECT_SEQ */
};

/* Does the term itself name this entity, under this rule? Ledger positions and cards do not. */
bool selector_term_holds(const struct selector_term *t, const struct kind *k, struct span key,
	struct span rule);

#endif
