#include "policy/import/tripwire.h"

#include "core/attr.h"
#include "policy/import/importers.h"

static int run(struct import *x, struct span text, struct err *e)
{
	struct tripwire_rules rules = { 0 };

	if (tripwire_read(x, text, &rules, e) < 0)
		return e->code;
	tripwire_emit(x, &rules);
	return 0;
}

/* "@@section" or a rule: "PATH -> MASK ;". */
static bool knows(struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		const char *arrow = span_find(line, span_of("->"));

		while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
			line = span_from_offset(line, 1);
		if (line.n && line.p[0] == '<')
			return false;
		if (line.n && line.p[0] != '#' &&
			(span_starts(line, span_of("@@section")) ||
				(arrow && span_find(line, span_of(";")))))
			return true;
	}
	return false;
}

const struct importer importer_tripwire = {
	.name = "tripwire",
	.text = "Tripwire: twpol.txt",
	.knows = knows,
	.run = run,
};
