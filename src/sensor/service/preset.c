#include "sensor/service/preset.h"

#include "core/glob.h"

struct preset {
	struct span says, pattern;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span word(struct span *rest)
{
	size_t i = 0, n = 0;

	while (i < rest->n && blank(rest->p[i]))
		i++;
	while (i + n < rest->n && !blank(rest->p[i + n]))
		n++;
	*rest = span_from_offset(*rest, i + n);
	return (struct span){ rest->p - n, n };
}

/* "enable PATTERN [INSTANCE…]" */
void presets_parse(struct span text, struct buf *ret)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		struct span verb = word(&line);
		struct preset p = { .pattern = word(&line) };

		if (span_is(verb, "enable"))
			p.says = span_of("enabled");
		else if (span_is(verb, "disable"))
			p.says = span_of("disabled");
		else if (span_is(verb, "ignore"))
			p.says = span_of("ignored");
		if (p.says.n && p.pattern.n)
			buf_add(ret, &p, sizeof p);
	}
}

/* What no rule speaks of is to be enabled. */
struct span presets_find(const struct buf *presets, struct span name, struct span template)
{
	const struct preset *p = (const void *)presets->p;

	for (size_t i = 0; i < presets->n / sizeof *p; i++)
		if (glob_text(p[i].pattern, name) ||
			(template.n && glob_text(p[i].pattern, template)))
			return p[i].says;
	return span_of("enabled");
}
