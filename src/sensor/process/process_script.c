/* Which script an interpreter runs, by its arguments. */
#include "core/attr.h"
#include "sensor/process/process_text.h"

static const struct interpreter {
	const char *name;        /* what the program's name begins with */
	const char *takes;       /* letters of options whose value follows, apart or not */
	const char *inline_code; /* letters of options that are the program */
	const char *file;        /* option whose value is the file, or NULL */
	bool modules;            /* -m NAME */
} interpreters[] = {
	{ "python", "WXQ", "c", NULL, true },
	{ "pypy", "WXQ", "c", NULL, true },
	{ "perl", "IMmxCDlF", "eE", NULL, false },
	{ "ruby", "IrCEFTKWx", "e", NULL, false },
	{ "nodejs", "rC", "ep", NULL, false },
	{ "node", "rC", "ep", NULL, false },
	{ "php", "cdzt", "rBRE", "f", false },
	{ "lua", "l", "e", NULL, false },
	{ "tclsh", "", "", NULL, false },
	{ "wish", "", "", NULL, false },
	{ "java", "", "", "jar", false },
	{ "bash", "Oo", "c", NULL, false },
	{ "dash", "o", "c", NULL, false },
	{ "zsh", "o", "c", NULL, false },
	{ "ksh", "o", "c", NULL, false },
	{ "mksh", "o", "c", NULL, false },
	{ "ash", "o", "c", NULL, false },
	{ "sh", "o", "c", NULL, false },
};

/* python3.11 is python; "pythonista" is not. */
static const struct interpreter *find(struct span exe)
{
	struct span name = exe;

	for (size_t i = exe.n; i > 0; i--)
		if (exe.p[i - 1] == '/') {
			name = span_from_offset(exe, i);
			break;
		}
	for (size_t i = 0; i < ARRAY_LEN(interpreters); i++) {
		struct span prefix = span_of(interpreters[i].name);
		size_t at = prefix.n;

		if (!span_starts(name, prefix))
			continue;
		while (at < name.n && ((name.p[at] >= '0' && name.p[at] <= '9') ||
					      name.p[at] == '.' || name.p[at] == '-'))
			at++;
		if (at == name.n)
			return &interpreters[i];
	}
	return NULL;
}

static bool has(const char *letters, char c)
{
	return c != '\0' && strchr(letters, c) != NULL;
}

enum outcome { GO_ON, SKIP_NEXT, IS_INLINE, IS_MODULE, IS_STDIN, FILE_NEXT };

/* A shell takes a lone "-" for the end of its options and reads its input after -s; all others read
 * their input after "-". */
static bool is_shell(const struct interpreter *in)
{
	size_t n = strlen(in->name);

	return n >= 2 && strcmp(in->name + n - 2, "sh") == 0 && strcmp(in->name, "tclsh") != 0 &&
	       strcmp(in->name, "wish") != 0;
}

/* A group of short options, as "-Iu" or "-W". */
static enum outcome short_options(const struct interpreter *in, struct span arg)
{
	for (size_t i = 1; i < arg.n; i++) {
		char c = arg.p[i];

		if (has(in->inline_code, c))
			return IS_INLINE;
		if (in->modules && c == 'm')
			return IS_MODULE;
		if (c == 's' && is_shell(in))
			return IS_STDIN;
		if (in->file && in->file[1] == '\0' && c == in->file[0])
			return FILE_NEXT;
		if (has(in->takes, c))
			return i + 1 == arg.n ? SKIP_NEXT : GO_ON;
	}
	return GO_ON;
}

/* Java's options have one dash and whole words; what takes a value apart are few. */
static enum outcome java_option(struct span arg)
{
	static const char *const takes[] = { "-cp", "-classpath", "--class-path", "-p",
		"--module-path", "--add-modules", "--add-opens", "--add-exports", "--add-reads",
		"--upgrade-module-path", "--patch-module" };

	if (span_is(arg, "-jar"))
		return FILE_NEXT;
	if (span_is(arg, "-m") || span_is(arg, "--module"))
		return IS_MODULE;
	for (size_t i = 0; i < ARRAY_LEN(takes); i++)
		if (span_is(arg, takes[i]))
			return SKIP_NEXT;
	return GO_ON;
}

static enum outcome option(const struct interpreter *in, struct span arg)
{
	static const char *const long_takes[] = { "--require", "--import", "--loader",
		"--experimental-loader", "--rcfile", "--init-file", "--conditions" };

	if (strcmp(in->name, "java") == 0)
		return java_option(arg);
	if (arg.p[1] != '-')
		return short_options(in, arg);
	if (span_is(arg, "--eval") || span_is(arg, "--print"))
		return IS_INLINE;
	for (size_t i = 0; i < ARRAY_LEN(long_takes); i++)
		if (span_is(arg, long_takes[i]))
			return SKIP_NEXT;
	return GO_ON;
}

/* -mNAME or -m NAME: what stands behind the letter, or the next argument. */
static struct span module_name(struct span arg, struct span rest)
{
	const char *m = arg.p[1] != '-' ? memchr(arg.p, 'm', arg.n) : NULL;
	struct span name;

	if (m && (size_t)(m - arg.p) + 1 < arg.n)
		return span_from_offset(arg, (size_t)(m - arg.p) + 1);
	return span_cut(&rest, '\0', &name) ? name : SPAN_NONE;
}

enum script_form script_of(struct span exe, struct span cmdline, struct span *ret)
{
	const struct interpreter *in = find(exe);
	struct span arg;
	bool skip = true; /* its own name */

	*ret = SPAN_NONE;
	while (cmdline.n && cmdline.p[cmdline.n - 1] == '\0')
		cmdline.n--;
	while (in && span_cut(&cmdline, '\0', &arg)) {
		if (skip) {
			skip = false;
			continue;
		}
		if (span_is(arg, "-") && !is_shell(in))
			return SCRIPT_STDIN;
		if (span_is(arg, "--") || span_is(arg, "-"))
			continue;
		if (arg.n < 2 || (arg.p[0] != '-' && arg.p[0] != '+')) {
			*ret = arg;
			return !arg.n                          ? SCRIPT_STDIN
			       : strcmp(in->name, "java") == 0 ? SCRIPT_MODULE
							       : SCRIPT_FILE;
		}
		switch (option(in, arg)) {
		case IS_INLINE:
			return SCRIPT_INLINE;
		case IS_STDIN:
			return SCRIPT_STDIN;
		case IS_MODULE:
			*ret = module_name(strcmp(in->name, "java") == 0 ? span_of("-m") : arg,
				cmdline);
			return ret->n ? SCRIPT_MODULE : SCRIPT_NONE;
		case FILE_NEXT:
			return span_cut(&cmdline, '\0', ret) ? SCRIPT_FILE : SCRIPT_NONE;
		case SKIP_NEXT:
			skip = true;
			break;
		case GO_ON:
			break;
		}
	}
	return in ? SCRIPT_STDIN : SCRIPT_NONE;
}
