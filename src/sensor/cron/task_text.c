#include "sensor/cron/task.h"

#include "core/attr.h"
#include "core/buf.h"
#include "core/wtf8.h"
#include "entity/cron.h"

#define ACTIONS_MAX 32 /* [MS-TSCH] allows as many */

void task_add_program(struct buf *b, struct span program, struct span arguments)
{
	bool quote = program.n && program.p[0] != '"' && memchr(program.p, ' ', program.n);

	if (quote)
		buf_add_char(b, '"');
	buf_add_span(b, program);
	if (quote)
		buf_add_char(b, '"');
	if (arguments.n) {
		buf_add_char(b, ' ');
		buf_add_span(b, arguments);
	}
}

/* Identifiers are written in either case. */
void task_add_com(struct buf *b, struct span class, struct span data)
{
	buf_add_text(b, "COM ");
	for (size_t i = 0; i < class.n; i++)
		buf_add_char(b, class.p[i] >= 'a' && class.p[i] <= 'z' ? (char)(class.p[i] - 32)
								       : class.p[i]);
	if (data.n) {
		buf_add_char(b, ' ');
		buf_add_span(b, data);
	}
}

void task_set(struct record *r, const struct task *t)
{
	const struct {
		enum cron_field field;
		struct span text;
	} texts[] = {
		{ CRON_USER, t->user },
		{ CRON_RUN_LEVEL, t->run_level },
		{ CRON_LOGON_TYPE, t->logon_type },
		{ CRON_AUTHOR, t->author },
		{ CRON_DESCRIPTION, t->description },
		{ CRON_COMMAND, t->command },
		{ CRON_PROGRAM, t->program },
		{ CRON_SCHEDULE, t->schedule },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].text.n)
			record_set_bytes(r, texts[i].field, texts[i].text);
	record_set_number(r, CRON_ENABLED, t->enabled);
	record_set_number(r, CRON_HIDDEN, t->hidden);
}

/* ---- TaskCache ---- */

struct reader {
	struct span rest;
	struct arena *arena;
	bool bad;
};

static uint32_t number(struct reader *r, size_t bytes)
{
	uint32_t n = 0;

	if (r->rest.n < bytes) {
		r->bad = true;
		return 0;
	}
	for (size_t i = bytes; i-- > 0;)
		n = n << 8 | (unsigned char)r->rest.p[i];
	r->rest = span_from_offset(r->rest, bytes);
	return n;
}

/* Bytes of UTF-16, their number in front. */
static struct span text(struct reader *r)
{
	AUTO(buf) b = BUF_INIT(TASK_BYTES_MAX * 2);
	uint32_t n = number(r, 4);
	uint16_t *units;

	if (r->bad || n > r->rest.n || n % 2) {
		r->bad = true;
		return SPAN_NONE;
	}
	units = arena_get(r->arena, n + 2);
	for (size_t i = 0; i < n / 2; i++)
		units[i] = (uint16_t)((unsigned char)r->rest.p[2 * i] |
				      (unsigned char)r->rest.p[2 * i + 1] << 8);
	wtf8_add(&b, units, n / 2);
	r->rest = span_from_offset(r->rest, n);
	return arena_copy(r->arena, buf_span(&b));
}

static struct span class_text(struct reader *r)
{
	uint32_t a = number(r, 4), b = number(r, 2), c = number(r, 2);
	unsigned char d[8] = { 0 };

	for (size_t i = 0; i < sizeof d; i++)
		d[i] = (unsigned char)number(r, 1);
	return span_of(arena_format(r->arena, "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
		a, b, c, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]));
}

static void read_program(struct reader *r, struct buf *b, unsigned version)
{
	struct span program = text(r), arguments = text(r);

	(void)text(r); /* its working folder */
	if (version >= 3)
		(void)number(r, 2);
	task_add_program(b, program, arguments);
}

static void read_com(struct reader *r, struct buf *b, unsigned version)
{
	struct span class = class_text(r);

	(void)version;
	task_add_com(b, class, text(r));
}

static void read_message(struct reader *r, struct buf *b, unsigned version)
{
	(void)version, (void)text(r), (void)text(r);
	buf_add_text(b, "ShowMessage");
}

static const struct {
	unsigned magic;
	void (*read)(struct reader *r, struct buf *b, unsigned version);
} action_kinds[] = {
	{ 0x6666, read_program },
	{ 0x7777, read_com },
	{ 0x9999, read_message },
};

static void read_action(struct reader *r, struct buf *b, unsigned version)
{
	unsigned magic = number(r, 2);

	(void)text(r); /* its identifier */
	if (b->n)
		buf_add_text(b, "; ");
	for (size_t i = 0; i < ARRAY_LEN(action_kinds); i++)
		if (action_kinds[i].magic == magic) {
			action_kinds[i].read(r, b, version);
			return;
		}
	r->bad = true;
}

int task_from_actions(struct span bytes, struct arena *a, struct span *ret, struct err *e)
{
	AUTO(buf) b = BUF_INIT(TASK_BYTES_MAX * 2);
	struct reader r = { .rest = bytes, .arena = a };
	unsigned version;

	if (bytes.n > TASK_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "more than %zu bytes", TASK_BYTES_MAX);
	version = number(&r, 2);
	if (version < 1 || version > 3)
		return err_set(e, ERR_FORMAT, "actions of version %u", version);
	if (version >= 2)
		(void)text(&r);
	for (size_t i = 0; i < ACTIONS_MAX && r.rest.n && !r.bad; i++)
		read_action(&r, &b, version);
	if (r.bad || r.rest.n)
		return err_set(e, ERR_FORMAT, "actions that cannot be taken apart");
	*ret = arena_copy(a, buf_span(&b));
	return 0;
}
