#include "agent/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/escape.h"

void log_say(enum log_level level, const char *fmt, ...)
{
	AUTO(buf) line = BUF_INIT(16384);
	char text[2048];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (getenv("JOURNAL_STREAM")) /* systemd.exec(5), sd-daemon(3) */
		buf_addf(&line, "<%d>", (int)level);
	buf_add_text(&line, "invar: ");
	if (escape_needed(span_of(text)))
		escape_value(&line, span_of(text));
	else
		buf_add_text(&line, text);
	buf_add_char(&line, '\n');
	/* one write, so that lines of several processes do not mix; nobody to tell when it fails */
	(void)!write(STDERR_FILENO, line.p, (unsigned)line.n);
}
