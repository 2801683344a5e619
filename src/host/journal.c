#include "host/journal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/attr.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/time.h"
#include "host/libsystemd.h"
#include "host/state.h"

#define LINE_MAX_BYTES 512
#define EXITS_MAX 100
/* "Unit process exited", of systemd's catalog. */
#define EXITED "MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15"

enum { LOCAL_ONLY = 1, SYSTEM = 4 }; /* of sd-journal.h */

static struct {
	int (*open)(void **, int);
	void (*close)(void *);
	int (*add_match)(void *, const void *, size_t);
	int (*add_disjunction)(void *);
	int (*add_conjunction)(void *);
	void (*flush_matches)(void *);
	int (*seek_tail)(void *);
	int (*seek_realtime_usec)(void *, uint64_t);
	int (*previous)(void *);
	int (*get_data)(void *, const char *, const void **, size_t *);
	int (*get_realtime_usec)(void *, uint64_t *);
} sd;

static const struct symbol symbols[] = {
	{ "sd_journal_open", &sd.open },
	{ "sd_journal_close", &sd.close },
	{ "sd_journal_add_match", &sd.add_match },
	{ "sd_journal_add_disjunction", &sd.add_disjunction },
	{ "sd_journal_add_conjunction", &sd.add_conjunction },
	{ "sd_journal_flush_matches", &sd.flush_matches },
	{ "sd_journal_seek_tail", &sd.seek_tail },
	{ "sd_journal_seek_realtime_usec", &sd.seek_realtime_usec },
	{ "sd_journal_previous", &sd.previous },
	{ "sd_journal_get_data", &sd.get_data },
	{ "sd_journal_get_realtime_usec", &sd.get_realtime_usec },
};

struct journal {
	void *sd;
	char boot[64]; /* "_BOOT_ID=…" */
};

int journal_open(struct journal **ret, struct host *h, struct err *e)
{
	struct journal *j;
	void *sd_journal = NULL;
	struct span id;
	size_t n = 0;
	int rc;

	if (!host_is_live(h))
		return err_set(e, ERR_MISSING, "an offline tree has no journal");
	if (!sd.get_realtime_usec && libsystemd_load(symbols, ARRAY_LEN(symbols), e) < 0)
		return e->code;
	if (host_read(h, "proc/sys/kernel/random/boot_id", 64, h->arena, &id, e) < 0)
		return e->code;
	rc = sd.open(&sd_journal, LOCAL_ONLY | SYSTEM);
	if (rc < 0) {
		errno = -rc;
		return err_sys(e, "cannot open the journal");
	}
	j = mem_new(sizeof *j);
	j->sd = sd_journal;
	memcpy(j->boot, "_BOOT_ID=", 9);
	for (size_t i = 0; i < id.n && n < 32; i++)
		if (id.p[i] != '-')
			j->boot[9 + n++] = id.p[i];
	*ret = j;
	return 0;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	sd.close(j->sd);
	free(j);
}

void journal_freep(struct journal **j)
{
	journal_free(*j);
	*j = NULL;
}

/* The value of a field of the current entry, until the next call; empty when it has none. */
static struct span data(struct journal *j, const char *field)
{
	const void *p = NULL;
	size_t n = 0, skip = strlen(field) + 1;

	if (sd.get_data(j->sd, field, &p, &n) < 0 || n < skip)
		return SPAN_NONE;
	return span_from((const char *)p + skip, n - skip);
}

static int match(struct journal *j, const char *field, struct span unit)
{
	char text[320];
	int n = snprintf(text, sizeof text, "%s=%.*s", field, SPAN_ARG(unit));

	return n > 0 && (size_t)n < sizeof text ? sd.add_match(j->sd, text, (size_t)n) : -EINVAL;
}

/* What the unit's processes said, what systemd said of it, and its core dumps; as systemctl status
 * has it. */
static int match_unit(struct journal *j, struct span unit)
{
	int rc;

	sd.flush_matches(j->sd);
	rc = match(j, "_SYSTEMD_UNIT", unit);
	if (rc >= 0)
		rc = sd.add_disjunction(j->sd);
	if (rc >= 0)
		rc = sd.add_match(j->sd, "_PID=1", 0);
	if (rc >= 0)
		rc = match(j, "UNIT", unit);
	if (rc >= 0)
		rc = sd.add_disjunction(j->sd);
	if (rc >= 0)
		rc = sd.add_match(j->sd, "_UID=0", 0);
	if (rc >= 0)
		rc = match(j, "COREDUMP_UNIT", unit);
	if (rc >= 0)
		rc = sd.add_conjunction(j->sd);
	if (rc >= 0)
		rc = sd.add_match(j->sd, j->boot, 0);
	return rc;
}

static struct span line(struct journal *j, struct arena *a)
{
	AUTO(buf) b = BUF_INIT((size_t)4096);
	struct span name = data(j, "SYSLOG_IDENTIFIER"), pid, text;
	uint64_t time = 0;
	char stamp[TIME_TEXT];

	(void)sd.get_realtime_usec(j->sd, &time);
	time_format_short((int64_t)time * 1000, stamp);
	buf_add_text(&b, stamp);
	buf_add_char(&b, ' ');
	if (name.n == 0)
		name = data(j, "_COMM");
	name.n = name.n < 64 ? name.n : 64;
	buf_add_span(&b, name);
	pid = data(j, "_PID");
	if (pid.n && pid.n < 12)
		buf_addf(&b, "[%.*s]", SPAN_ARG(pid));
	buf_add_text(&b, ": ");
	text = data(j, "MESSAGE");
	text.n = text.n < LINE_MAX_BYTES ? text.n : LINE_MAX_BYTES;
	buf_add_span(&b, text);
	return arena_copy(a, buf_span(&b));
}

size_t journal_lines(struct journal *j, struct span unit, int64_t before, struct arena *a,
	struct span *ret, size_t max)
{
	size_t n = 0;

	if (match_unit(j, unit) < 0 ||
		(before > 0 ? sd.seek_realtime_usec(j->sd, (uint64_t)before / 1000)
			    : sd.seek_tail(j->sd)) < 0)
		return 0;
	while (n < max && sd.previous(j->sd) > 0)
		ret[n++] = line(j, a);
	for (size_t i = 0; i < n / 2; i++) {
		struct span x = ret[i];

		ret[i] = ret[n - 1 - i];
		ret[n - 1 - i] = x;
	}
	return n;
}

static int number(struct span s)
{
	int n = 0;

	for (size_t i = 0; i < s.n && i < 6 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		n = n * 10 + (s.p[i] - '0');
	return n;
}

void journal_exits(struct journal *j, struct span unit, struct journal_exits *ret)
{
	uint64_t time = 0;

	*ret = (struct journal_exits){ 0 };
	sd.flush_matches(j->sd);
	if (sd.add_match(j->sd, EXITED, 0) < 0 || sd.add_match(j->sd, "_PID=1", 0) < 0 ||
		match(j, "UNIT", unit) < 0 || sd.add_match(j->sd, j->boot, 0) < 0 ||
		sd.seek_tail(j->sd) < 0)
		return;
	while (ret->n < EXITS_MAX && sd.previous(j->sd) > 0) {
		struct span code;

		if (ret->n++)
			continue;
		code = data(j, "EXIT_CODE");
		ret->code = span_is(code, "killed")   ? CLD_KILLED
			    : span_is(code, "dumped") ? CLD_DUMPED
						      : CLD_EXITED;
		ret->status = number(data(j, "EXIT_STATUS"));
		if (sd.get_realtime_usec(j->sd, &time) >= 0)
			ret->time = (int64_t)time * 1000;
	}
}
