#include "cli/problems.h"

#include <stdio.h>

#include "core/escape.h"

void problem_text(struct buf *ret, const struct problem *p)
{
	escape_value(ret, span_of(p->file ? p->file : "policy"));
	if (p->line)
		buf_addf(ret, ":%u", p->line);
	if (p->line && p->column)
		buf_addf(ret, ":%u", p->column);
	buf_addf(ret, ": %s: ", p->level == PROBLEM_ERROR ? "error" : "warning");
	if (escape_needed(span_of(p->text)))
		escape_value(ret, span_of(p->text));
	else
		buf_add_text(ret, p->text);
	buf_addf(ret, " [%s]\n", p->code);
}

void problems_print(const struct problems *p, struct err *e)
{
	problems_told(p, e);
	for (size_t i = 0; i < p->n; i++) {
		AUTO(buf) line = BUF_INIT(BUF_MAX_DEFAULT);

		problem_text(&line, &p->list[i]);
		fputs(buf_text(&line), stderr);
	}
}
