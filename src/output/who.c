/* Who did it: for programs and for people. */
#include "core/escape.h"
#include "core/json.h"
#include "entity/key_typed.h"
#include "output/output.h"

#define LINE_ARGS 8   /* shown of a command line */
#define LINE_BYTES 96 /* of it, and of one name */
#define LINE_ANCESTORS 4

/* ---- for programs ---- */

static void or_null(struct json *j, const char *name, struct span s)
{
	if (s.n) {
		json_exact(j, name, s);
		return;
	}
	json_name(j, name);
	json_null(j);
}

static void when_known(struct json *j, const char *name, struct span s)
{
	if (s.n)
		json_exact(j, name, s);
}

static void add_started(struct json *j, int64_t started)
{
	if (started)
		json_time_member(j, "started", started);
}

static void add_number_text(struct json *j, const char *name, uint32_t n)
{
	AUTO(buf) text = BUF_INIT(32);

	buf_addf(&text, "%u", n);
	json_text_member(j, name, buf_text(&text));
}

/* As lists of entities: when an argument is not exact, all follow in base64. */
static void add_argv(struct json *j, const struct span *argv, size_t n, bool cut)
{
	bool escaped = false;

	if (!n)
		return;
	json_name(j, "argv");
	json_array(j);
	for (size_t i = 0; i < n; i++)
		escaped = json_text(j, argv[i]) || escaped;
	json_array_end(j);
	if (escaped) {
		json_name_b64(j, "argv");
		json_array(j);
		for (size_t i = 0; i < n; i++)
			json_base64(j, argv[i]);
		json_array_end(j);
	}
	if (cut)
		json_bool_member(j, "argv_cut", true);
}

/* As kind process says it of programs. */
static void add_place(struct json *j, uint32_t place)
{
	if (place & WHO_REPLACED)
		json_bool_member(j, "replaced", true);
	if (!(place & WHO_APART))
		return;
	json_name(j, "namespaces");
	json_array(j);
	(void)json_text(j, span_of("mnt"));
	json_array_end(j);
}

void json_who_also(struct json *j, const struct who *w)
{
	add_place(j, w->place);
	when_known(j, "sha256_unknown", w->unread);
	if (w->part == WHO_LET_GO)
		json_bool_member(j, "closed", true);
	if (!w->n_also)
		return;
	json_name(j, "also");
	json_array(j);
	for (size_t i = 0; i < w->n_also; i++) {
		const struct who_also *x = &w->also[i];

		json_object(j);
		json_text_member(j, "relation", who_relation_names[x->relation]);
		json_number_member(j, "pid", x->pid);
		add_started(j, x->started);
		if (x->until)
			json_time_member(j, "until", x->until);
		when_known(j, "exe", x->exe);
		if (x->sha256.n)
			json_hex_member(j, "sha256", x->sha256);
		add_argv(j, x->argv, x->n_argv, x->argv_cut);
		if (x->uid != WHO_NONE)
			json_number_member(j, "uid", x->uid);
		add_place(j, x->place);
		json_object_end(j);
	}
	json_array_end(j);
	if (w->also_cut)
		json_bool_member(j, "also_cut", true);
}

static void add_ancestry(struct json *j, const struct who *w)
{
	json_name(j, "ancestry");
	json_array(j);
	for (size_t i = 0; i < w->n_ancestry; i++) {
		const struct who_ancestor *a = &w->ancestry[i];

		json_object(j);
		json_number_member(j, "pid", a->pid);
		json_exact(j, "exe", a->exe);
		if (a->uid != WHO_NONE)
			json_number_member(j, "uid", a->uid);
		add_started(j, a->started);
		add_place(j, a->place);
		json_object_end(j);
	}
	json_array_end(j);
}

void json_who(struct json *j, const struct who *w)
{
	json_object(j);
	json_number_member(j, "pid", w->pid);
	add_started(j, w->started);
	when_known(j, "exe", w->exe);
	if (w->sha256.n)
		json_hex_member(j, "sha256", w->sha256);
	when_known(j, "comm", w->comm);
	add_argv(j, w->argv, w->n_argv, w->argv_cut);
	when_known(j, "user", w->user);
	if (w->uid != WHO_NONE)
		json_number_member(j, "uid", w->uid);
	when_known(j, "login", w->login);
	if (w->login_uid != WHO_NONE)
		json_number_member(j, "login_uid", w->login_uid);
	if (w->session != WHO_NONE)
		add_number_text(j, "session", w->session);
	when_known(j, "tty", w->tty);
	or_null(j, "unit", w->unit);
	or_null(j, "container", w->container);
	add_ancestry(j, w);
	if (w->ancestry_cut)
		json_bool_member(j, "ancestry_cut", true);
	if (w->others)
		json_number_member(j, "others", w->others);
	json_who_also(j, w);
	when_known(j, "means", w->means);
	json_object_end(j);
}

/* ---- for people ---- */

static struct span base_of(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_from_offset(path, i);
	return path;
}

/* The command as it was typed, its program's whole path first. */
static void add_command(struct buf *ret, const struct who_also *w, const struct text_style *style)
{
	AUTO(buf) args = BUF_INIT(BUF_MAX_DEFAULT);
	size_t n = style->full ? w->n_argv : w->n_argv < LINE_ARGS ? w->n_argv : LINE_ARGS;

	key_show(NULL, w->exe, ret);
	for (size_t i = 1; i < n && (style->full || args.n < LINE_BYTES); i++) {
		buf_add_char(&args, ' ');
		text_foreign(&args, w->argv[i], style);
	}
	buf_add_span(ret, buf_span(&args));
	if (n < w->n_argv || w->argv_cut)
		buf_add_text(ret, " …");
}

static void add_person(struct buf *ret, const struct who *w)
{
	if (w->login.n && !span_same(w->login, w->user)) {
		escape_value(ret, w->login);
		buf_add_text(ret, " as ");
	}
	if (w->user.n)
		escape_value(ret, w->user);
	else if (w->uid != WHO_NONE)
		buf_addf(ret, "uid %u", w->uid);
	else
		buf_add_text(ret, "somebody");
}

static void add_not_the_hosts(struct buf *ret, uint32_t place)
{
	if (place & WHO_REPLACED)
		buf_add_text(ret, " (not the host's file)");
}

/* Many services have mounts of their own, and what the host has. */
static void add_apart(struct buf *ret, const struct who *w, const struct text_style *style)
{
	if (w->place & WHO_REPLACED)
		buf_add_text(ret,
			", not the host's file of that name: it ran in another mount namespace");
	else if (w->place & WHO_APART && style->full)
		buf_add_text(ret, ", in another mount namespace");
}

static void add_from(struct buf *ret, const struct who *w)
{
	const char *between = ", from ";
	size_t n = w->n_ancestry < LINE_ANCESTORS ? w->n_ancestry : LINE_ANCESTORS;

	if (w->ancestry_cut && !n)
		buf_add_text(ret, ", what started it was not kept");
	for (size_t i = 0; i < n; i++) {
		if (!w->ancestry[i].exe.n)
			continue;
		buf_add_text(ret, between);
		key_show(NULL, base_of(w->ancestry[i].exe), ret);
		add_not_the_hosts(ret, w->ancestry[i].place);
		between = " < ";
	}
}

static void add_one(struct buf *ret, const struct who_also *x, const struct text_style *style)
{
	if (x->exe.n)
		add_command(ret, x, style);
	else
		buf_add_text(ret, "what is not known");
	add_not_the_hosts(ret, x->place);
	if (x->relation == WHO_TOO)
		buf_addf(ret, " (%u)", x->pid);
	else
		buf_add_text(ret, " until a moment before");
}

/* Who may have done it as well: what it ran before, then others and what they ran before. */
static void add_also(struct buf *ret, const struct who *w, const struct text_style *style)
{
	uint32_t more = who_unnamed(w);

	for (size_t i = 0; i < w->n_also; i++)
		if (who_is_own(w, &w->also[i])) {
			buf_add_text(ret, "; it ran ");
			add_one(ret, &w->also[i], style);
		}
	for (size_t i = 0; i < w->n_also; i++) {
		const struct who_also *x = &w->also[i];

		if (who_is_own(w, x))
			continue;
		if (x->relation == WHO_TOO)
			buf_add_text(ret, "; also touched by ");
		else
			buf_addf(ret, "; %u ran ", x->pid);
		add_one(ret, x, style);
	}
	if (more)
		buf_addf(ret, "; and by %u more", more);
	if (w->also_cut)
		buf_add_text(ret, "; not all are named");
}

void text_who(struct buf *ret, const struct who *w, const struct text_style *style)
{
	const struct who_also self = { .exe = w->exe.n ? w->exe : w->comm,
		.argv = w->argv,
		.n_argv = w->n_argv,
		.argv_cut = w->argv_cut };

	buf_add_text(ret, "by ");
	add_command(ret, &self, style);
	buf_addf(ret, " (%u, ", w->pid);
	add_person(ret, w);
	if (w->tty.n) {
		buf_add_text(ret, ", ");
		escape_text(ret, w->tty);
	}
	if (w->unit.n) {
		buf_add_text(ret, ", ");
		escape_text(ret, w->unit);
	}
	if (w->container.n) {
		buf_add_text(ret, ", container ");
		escape_text(ret, w->container);
	}
	add_apart(ret, w, style);
	buf_add_char(ret, ')');
	add_from(ret, w);
	if (w->part == WHO_LET_GO)
		buf_add_text(ret, "; it closed it last: who wrote before, through a mapping, is "
				  "not told");
	add_also(ret, w, style);
}
