/* A small XML document, read whole: elements, attributes, text. Hostile ones are refused: no DTD,
 * no entities but the five of XML, depth, number and size bounded. */
#ifndef POLICY_IMPORT_XML_H
#define POLICY_IMPORT_XML_H

#include "core/arena.h"
#include "core/err.h"

#define XML_DEPTH_MAX 32
#define XML_ELEMENTS_MAX 200000

struct xml_attribute {
	const char *name, *value;
};

struct xml {
	const char *name;
	const struct xml_attribute *attributes; /* ended by a row without a name */
	struct span text; /* directly in it, without blanks at its ends; SPAN_NONE: none */
	struct xml *child, *next, *last, *parent;
	unsigned line;
};

/* The elements side by side in text, which needs no single root: *ret is made around them. UTF-8,
 * or what the declaration says of US-ASCII and ISO-8859-1. ERR_FORMAT with line and column,
 * ERR_LIMIT. */
int xml_read(struct arena *a, struct span text, struct xml **ret, struct err *e) MUST_CHECK;

/* Names are compared without regard to case: both products' own files mix it. */
bool xml_is(const struct xml *x, const char *name);
const char *xml_attribute(const struct xml *x, const char *name); /* NULL: none */
bool xml_same(const char *a, const char *b);
bool xml_listed(const char *name, const char *const *list); /* list: ended by NULL */

#endif
