#include "cli/session.h"

#include <stdlib.h>

#include "cli/command.h"
#include "cli/realtime.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/machine.h"
#include "os/program.h"
#include "os/terminal.h"

#define OUT_MAX ((size_t)1 << 33) /* a report stays in memory until it is whole */
#define OUT_MUCH ((size_t)64 << 10)

struct session session = {
	.host = { .max = 4096 },
	.out = { .max = OUT_MAX },
};

const struct option_row session_options[] = {
	OPT_FILE(0, "policy", &session.policy_path, "PATH",
		"policy file or folder (default " PROGRAM_POLICY_TEXT ")"),
	OPT_FILE(0, "state", &session.state_dir, "DIR",
		"state folder (default " PROGRAM_STATE_TEXT ")"),
#ifndef _WIN32 /* nothing there is observed below another folder */
	OPT_FILE(0, "root", &session.root, "DIR", "observe this folder as /"),
#endif
	OPT_FLAG(0, "json", &session.json, "print JSON Lines (docs/change.schema.json)"),
	OPT_FLAG(0, "plain", &session.plain, "no colour, no progress line"),
	OPT_FLAG(0, "full", &session.full, "whole digests and times, all entries of long lists"),
	OPT_FLAG('h', "help", &session.help, "print help"),
	OPT_END,
};

static void set_style(struct session *s)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	s->style.width = s->plain ? 0 : terminal_width(PROGRAM_OUTPUT);
	s->style.colour = !s->plain && terminal_is(PROGRAM_OUTPUT) && !(no_colour && *no_colour) &&
			  !(term && strcmp(term, "dumb") == 0);
	s->style.full = s->full;
	s->style.who_never = !realtime_tells_who;
	s->style.now = clock_now();
}

int session_policy(struct session *s, struct err *e)
{
	int rc = policy_load(&s->policy, s->policy_path, false, &s->problems, e);
	AUTO(buf) shown = BUF_INIT(8192);

	if (rc != ERR_MISSING)
		return rc;
	escape_value(&shown, span_of(s->policy_path));
	return err_set(e, ERR_POLICY,
		"no policy at '%s'; put one there or name yours with --policy PATH",
		buf_text(&shown));
}

static int no_state(const struct session *s, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);
	AUTO(buf) line = BUF_INIT(8192);

	escape_value(&shown, span_of(s->state_dir));
	session_command(s, &line, "init");
	return err_set(e, ERR_MISSING, "no baseline in '%s' yet; make one with: %s",
		buf_text(&shown), buf_text(&line));
}

int session_store(struct session *s, enum store_mode mode, struct err *e)
{
	bool makes = mode == STORE_CREATE || mode == STORE_REPLACE;
	int rc = store_open(&s->store, s->state_dir, mode, e);

	return rc == ERR_MISSING && !makes ? no_state(s, e) : rc;
}

void session_places(struct session *s)
{
	if (!s->policy_path)
		s->policy_path = program_policy_folder();
	if (!s->state_dir)
		s->state_dir = program_state_folder();
}

int session_open(struct session *s, const struct command *c, struct err *e)
{
	int rc = 0;

	s->command = c;
	set_style(s);
	session_places(s);
	if (machine_name(&s->host, e) < 0)
		return e->code;
	if (c->needs & NEEDS_POLICY)
		rc = session_policy(s, e);
	if (rc == 0 && (c->needs & (NEEDS_STATE | NEEDS_STATE_WRITE)))
		rc = session_store(s, c->needs & NEEDS_STATE_WRITE ? STORE_WRITE : STORE_READ, e);
	return rc;
}

void session_close(struct session *s)
{
	store_freep(&s->store);
	policy_freep(&s->policy);
	problems_done(&s->problems);
	buf_done(&s->host);
	buf_done(&s->out);
}

int session_flush(struct session *s, struct err *e)
{
	if (s->out.full)
		return err_set(e, ERR_LIMIT, "the output is longer than memory holds");
	if (file_write(PROGRAM_OUTPUT, buf_span(&s->out)) < 0) {
		(void)err_sys(e, "cannot write the output");
		e->code = ERR_WRITE;
		buf_clear(&s->out);
		return e->code;
	}
	buf_clear(&s->out);
	return 0;
}

int session_flush_much(struct session *s, struct err *e)
{
	return s->hold || (s->out.n < OUT_MUCH && !s->out.full) ? 0 : session_flush(s, e);
}

int session_log(struct session *s, const struct ledger_record *r, struct err *e)
{
	if (s->json) {
		json_record(&s->out, r, buf_span(&s->host));
		buf_add_char(&s->out, '\n');
	} else {
		text_log(&s->out, r, &s->style);
	}
	return session_flush_much(s, e);
}

int session_standing(struct session *s, const struct ledger_record *r, struct err *e)
{
	json_standing(&s->out, r, buf_span(&s->host));
	buf_add_char(&s->out, '\n');
	return session_flush_much(s, e);
}

void session_command(const struct session *s, struct buf *ret, const char *words)
{
	const struct {
		const char *name, *value, *usual;
	} options[] = { { "policy", s->policy_path, program_policy_folder() },
		{ "state", s->state_dir, program_state_folder() }, { "root", s->root, NULL } };

	text_shell(ret, span_of(program_called()));
	buf_addf(ret, " %s", words);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (!options[i].value ||
			(options[i].usual && strcmp(options[i].value, options[i].usual) == 0))
			continue;
		buf_addf(ret, " --%s ", options[i].name);
		text_shell(ret, span_of(options[i].value));
	}
}

void session_advise(struct session *s, const char *words, const char *what)
{
	AUTO(buf) line = BUF_INIT(BUF_MAX_DEFAULT);

	session_command(s, &line, words);
	buf_add_text(&s->out, "  ");
	text_tone(&s->out, &s->style, TONE_STRONG, buf_text(&line));
	buf_addf(&s->out, "\n      %s\n", what);
}

void session_policy_digest(const struct session *s, uint8_t ret[DIGEST_BYTES])
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

	policy_print(s->policy, &text);
	sha256_once(text.p, text.n, ret);
}

int session_root(struct session *s, enum store_root which, struct tree_root *ret, struct err *e)
{
	int rc = store_root_get(s->store, which, ret, e);

	return rc == ERR_MISSING ? no_state(s, e) : rc;
}
