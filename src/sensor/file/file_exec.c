#include "sensor/file/file_exec.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* As fs/binfmt_script.c finds it: blanks, then up to the next blank, newline or NUL. */
static struct span interpreter(struct span line)
{
	size_t from = 0, to;

	while (from < line.n && is_blank(line.p[from]))
		from++;
	for (to = from; to < line.n; to++)
		if (is_blank(line.p[to]) || line.p[to] == '\n' || line.p[to] == '\0')
			break;
	return span_from(line.p + from, to - from);
}

void file_exec_kind(struct span head, struct buf *ret)
{
	struct span name;

	if (head.n > FILE_EXEC_HEAD)
		head.n = FILE_EXEC_HEAD;
	if (span_starts(head, span_of("\177ELF"))) {
		buf_add_text(ret, "elf");
		return;
	}
	if (!span_starts(head, span_of("#!")))
		return;
	name = interpreter(span_from_offset(head, 2));
	if (name.n == 0)
		return;
	buf_add_text(ret, "script:");
	buf_add_span(ret, name);
}
