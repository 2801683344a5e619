/* The program behind a command. */
#include "core/attr.h"
#include "core/buf.h"
#include "entity/cron.h"
#include "entity/list.h"
#include "host/environment.h"
#include "host/package.h"
#include "sensor/cron/cron_room.h"

#define WORDS_MAX 64
#define VARIABLES_MAX 256

/* Those that only run something else, or are the shell's own. */
static bool says_nothing(struct span w)
{
	static const char *const words[] = { "[", "test", "cd", "true", "false", "sh", "bash",
		"dash", "ash", "zsh", "ksh", "env", "nice", "ionice", "nohup", "setsid", "chronic",
		"timeout", "flock", "sudo", "su", "runuser", "setpriv", "exec", "echo", "printf",
		"sleep", "perl", "ruby", "php", "node", "export", "if", "then", "else", "do",
		"while", "!", ".", "source", "command", "systemd-cat", "logger", "umask", "fi",
		"done", "-x", "-c" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(w, words[i]))
			return true;
	return span_starts(w, span_of("python")) || span_starts(w, span_of("php"));
}

static struct span base_name(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_from_offset(path, i);
	return path;
}

static bool script_name(struct span path)
{
	static const char *const tails[] = { ".sh", ".py", ".pl", ".rb", ".php", ".js", ".bash" };

	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		size_t n = strlen(tails[i]);

		if (path.n > n && memcmp(path.p + path.n - n, tails[i], n) == 0)
			return true;
	}
	return false;
}

/* A file that can be run: others that a command names may be its data, which changes. */
static bool runs(struct cron_jobs *x, const char *path)
{
	struct stat st;
	struct err why;

	return host_stat(x->h, path, false, &st, &why) == 0 && S_ISREG(st.st_mode) &&
	       ((st.st_mode & 0111) || script_name(span_of(path)));
}

static const char *in_path(struct cron_jobs *x, struct span name, struct span path)
{
	struct span folder;

	if (!path.n)
		path = span_of("/usr/bin:/bin"); /* what cron gives */
	while (span_cut(&path, ':', &folder)) {
		const char *full;

		if (!folder.n || folder.p[0] != '/')
			continue;
		full = arena_format(x->arena, "%.*s/%.*s", SPAN_ARG(folder), SPAN_ARG(name));
		if (runs(x, full))
			return full;
	}
	return NULL;
}

/* What stands where a program does, before what is named by its path, before the likes of test. */
static const char *find_program(struct cron_jobs *x, struct span command, struct span path)
{
	struct shell_words w = { command, false };
	const char *named = NULL, *last = NULL;
	struct span word;
	bool first;

	for (unsigned i = 0; i < WORDS_MAX && shell_word(&w, &word, &first); i++) {
		const char *found = NULL;

		if (word.n > 1 && word.p[0] == '/')
			found = arena_text(x->arena, word);
		else if (first && !memchr(word.p, '/', word.n) && !memchr(word.p, '=', word.n))
			found = in_path(x, word, path);
		if (!found || !runs(x, found))
			continue;
		if (!says_nothing(base_name(word))) {
			if (first)
				return found;
			named = named ? named : found;
		}
		last = last ? last : found;
	}
	return named ? named : last;
}

void cron_set_command(struct cron_jobs *x, struct record *r, struct span command, struct span path)
{
	uint64_t asks = scan_asks(x->s, &kind_cron, r->key);
	uint8_t *sum = arena_get(x->arena, SHA256_SIZE);
	const struct package *owner;
	const char *program;
	struct err why;

	record_set_bytes(r, CRON_COMMAND, command);
	program = find_program(x, command, path);
	if (!program)
		return;
	record_set_bytes(r, CRON_PROGRAM, span_of(program));
	if (asks & field_bit(CRON_SHA256)) {
		if (host_digest(x->h, program, sum, &why) == 0)
			record_set_bytes(r, CRON_SHA256, span_from(sum, SHA256_SIZE));
		else if (why.code != ERR_MISSING)
			cron_gap(x, r->key, &why);
	}
	if (!(asks & (field_bit(CRON_PACKAGE) | field_bit(CRON_PACKAGED))) ||
		!host_has_file_lists(x->h))
		return;
	owner = host_path_owner(x->h, span_of(program));
	record_set_number(r, CRON_PACKAGED, owner != NULL);
	if (owner)
		record_set_bytes(r, CRON_PACKAGE, owner->name);
}

void cron_set_environment(struct cron_jobs *x, struct record *r, const struct span *list, size_t n)
{
	struct span shown[VARIABLES_MAX], code[VARIABLES_MAX];
	size_t n_code = 0;

	n = n < VARIABLES_MAX ? n : VARIABLES_MAX;
	for (size_t i = 0; i < n; i++) {
		shown[i] = environment_masked(list[i], x->arena);
		if (environment_loads_code(list[i]))
			code[n_code++] = list[i];
	}
	if (n)
		record_set_list(r, CRON_ENVIRONMENT, x->arena, shown, n);
	if (n_code)
		record_set_list(r, CRON_LD_ENVIRONMENT, x->arena, code, n_code);
}
