#include <errno.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/infile.h"
#include "cli/outtext.h"
#include "cli/problems.h"
#include "core/escape.h"
#include "os/file.h"
#include "policy/import/import.h"

#define INPUT_MAX ((size_t)8 << 20) /* the importers refuse less than that, and say so */

static struct {
	const char *from, *output;
} arg;

static const struct option_row options[] = {
	OPT_TEXT(0, "from", &arg.from, "PRODUCT",
		"deep-security, wazuh, osquery, tripwire, aide (default: what it looks like)"),
	OPT_FILE('o', "output", &arg.output, "FILE",
		"a new file for the policy (default: standard output)"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar policy import rules.xml --output 50-imported.yaml",
		"what it says as rules of ours; what could not be taken over is told" },
	{ "invar policy import --from wazuh ossec.conf", "to standard output" },
	{ NULL, NULL },
};

static int read_all(const char *path, struct buf *ret, struct err *e)
{
	AUTO(infile) file = { .fd = -1 };
	AUTO(buf) shown = BUF_INIT(8192);
	int rc;

	if (infile_open(&file, path, e) < 0)
		return e->code;
	rc = file_read_all(file.fd, INPUT_MAX, ret);
	if (rc > 0)
		return err_set(e, ERR_LIMIT, "the file has more than 4 MiB");
	if (rc == 0)
		return 0;
	rc = errno;
	escape_text(&shown, span_from(path, strnlen(path, 1024)));
	errno = rc;
	return err_sys(e, "cannot read '%.300s'", buf_text(&shown));
}

static void add_json(struct session *s, struct buf *ret, const struct problem *p)
{
	struct json j = JSON_INIT(ret);

	json_envelope(&j, buf_span(&s->host), "problem");
	json_text_member(&j, "level", p->level == PROBLEM_ERROR ? "error" : "warning");
	json_text_member(&j, "code", p->code);
	json_text_member(&j, "file", p->file);
	json_number_member(&j, "line", p->line);
	json_number_member(&j, "column", p->column);
	json_text_member(&j, "text", p->text);
	json_object_end(&j);
	buf_add_char(ret, '\n');
}

/* Notes go where the policy does not: it may stand on standard output. */
static void tell(struct session *s, const struct problems *found)
{
	AUTO(buf) lines = BUF_INIT(BUF_MAX_DEFAULT);

	for (size_t i = 0; i < found->n; i++) {
		if (s->json)
			add_json(s, &lines, &found->list[i]);
		else
			problem_text(&lines, &found->list[i]);
	}
	if (s->json && arg.output && strcmp(arg.output, "-") != 0)
		buf_add_span(&s->out, buf_span(&lines));
	else
		fputs(buf_text(&lines), stderr);
}

static int refuse(const char *file, const struct err *e)
{
	AUTO(buf) text = BUF_INIT(8192);

	escape_text(&text, span_from(file, strnlen(file, 1024)));
	buf_addf(&text, ": error: ");
	if (escape_needed(span_of(e->text)))
		escape_text(&text, span_of(e->text));
	else
		buf_add_text(&text, e->text);
	fprintf(stderr, "%s\n", buf_text(&text));
	return EXIT_POLICY;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO(problems) found = { 0 };
	AUTO(buf) text = BUF_INIT(INPUT_MAX + 1), yaml = BUF_INIT(BUF_MAX_DEFAULT);
	const char *file = argv[0];
	int rc;

	(void)argc;
	rc = read_all(file, &text, e);
	if (rc == 0)
		rc = policy_import(arg.from, file, buf_span(&text), &yaml, &found, e);
	if (rc == ERR_FORMAT || rc == ERR_LIMIT)
		return refuse(file, e);
	if (rc < 0 || outtext_write(s, arg.output, buf_span(&yaml), e) < 0)
		return e->code;
	tell(s, &found);
	return 0;
}

const struct command command_policy_import = {
	.name = "policy import",
	.args = "FILE",
	.text = "make rules of another product's policy",
	.about = "Prints a policy of ours. What has no counterpart, or only nearly one, is told as "
		 "FILE:line: warning: and stands as a comment in the policy: nothing is dropped "
		 "silently, and where it cannot be exact, more is watched rather than less.\n\n"
		 "Known are Trend Micro Deep Security (deep-security: integrity rules), Wazuh "
		 "(wazuh: <syscheck> of ossec.conf and agent.conf), osquery (file_paths), Tripwire "
		 "(twpol.txt) and AIDE (aide.conf); docs/POLICY.md says what becomes of what. With "
		 "-, the file is read from standard input. A file that is there is never replaced. "
		 "Exit status 17 when the file does not follow its format. With --json, notes are "
		 "JSON lines: on standard output when the policy goes to a file.",
	.examples = examples,
	.options = options,
	.operands = OPERANDS_PATHS,
	.min = 1,
	.max = 1,
	.run = run,
};
