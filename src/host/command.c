/* Command lines, with what looks secret left out. */
#include "host/command.h"

#include <string.h>

#define TAIL_MAX 4

bool command_next(struct command *c, struct buf *ret)
{
	struct span arg;

	if (!span_cut(&c->rest, '\0', &arg))
		return false;
	secret_mask(&c->secret, arg, ret);
	c->n++;
	return true;
}

/* A program that wrote a title of its own over its arguments leaves NULs behind it. */
static struct span without_tail(struct span cmdline)
{
	while (cmdline.n && cmdline.p[cmdline.n - 1] == '\0')
		cmdline.n--;
	return cmdline;
}

void command_masked(struct span cmdline, size_t max, struct buf *ret)
{
	struct command c = { .rest = without_tail(cmdline) };

	while (c.rest.p) {
		if (c.n)
			buf_add_char(ret, ' ');
		(void)command_next(&c, ret);
		if (ret->n > max) {
			ret->n = max;
			buf_add_text(ret, "…");
			return;
		}
	}
}

struct command command_of(struct span cmdline)
{
	size_t n = cmdline.n;

	while (n && cmdline.p[n - 1] == '\0')
		n--;
	/* An empty last argument or two are what they look like; many are what a title left. */
	if (cmdline.n - n > TAIL_MAX)
		cmdline.n = n;
	else if (cmdline.n > n)
		cmdline.n--;
	return (struct command){ .rest = cmdline.n ? cmdline : SPAN_NONE };
}
