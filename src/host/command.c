/* Command lines, with what looks secret left out. */
#include "host/command.h"

#include "core/attr.h"

#define MASK "***"
#define TAIL_MAX 4

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Does s hold the lower-case word, whatever its case there? */
static bool holds(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (size_t at = 0; at + n <= s.n; at++) {
		size_t i = 0;

		while (i < n && lower(s.p[at + i]) == word[i])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

static bool is_secret_name(struct span s)
{
	static const char *const words[] = { "password", "passwd", "passphrase", "passwort",
		"secret", "token", "apikey", "api-key", "api_key", "access-key", "access_key",
		"accesskey", "private-key", "private_key", "credential", "authorization", "bearer",
		"cookie", "requirepass", "masterauth", "-psk", "_psk", "pwd=" };

	if (span_is(s, "-psk") || span_is(s, "pwd") || span_is(s, "--pass") ||
		span_is(s, "-pass") || span_is(s, "pass") || span_is(s, "auth") ||
		span_is(s, "--auth"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (holds(s, words[i]))
			return true;
	return false;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* Keys whose form is known, wherever they stand. */
static bool is_key(struct span s)
{
	static const struct {
		const char *prefix;
		size_t least; /* characters behind it */
	} forms[] = {
		{ "AKIA", 16 }, { "ASIA", 16 },                                        /* AWS */
		{ "ghp_", 20 }, { "gho_", 20 },                                        /* GitHub */
		{ "ghs_", 20 }, { "github_pat_", 20 }, { "glpat-", 16 },               /* GitLab */
		{ "xoxb-", 10 }, { "xoxp-", 10 },                                      /* Slack */
		{ "sk_live_", 16 }, { "rk_live_", 16 }, { "sk-", 20 }, { "AIza", 30 }, /* Google */
		{ "hvs.", 20 },                                                        /* Vault */
		{ "eyJhbGciOi", 8 }, /* JSON web token */
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		size_t n = strlen(forms[i].prefix);

		if (!span_starts(s, span_of(forms[i].prefix)))
			continue;
		for (size_t k = n; k < s.n; k++)
			if (!is_alnum(s.p[k]) && !memchr("_-.=/+", s.p[k], 6))
				return false;
		return s.n - n >= forms[i].least;
	}
	return false;
}

/* scheme://user:password@host: the password's place. */
static bool url_password(struct span s, size_t *ret_from, size_t *ret_to)
{
	size_t at = 0, colon = 0;

	while (at + 3 <= s.n && memcmp(s.p + at, "://", 3) != 0)
		at++;
	if (at + 3 > s.n)
		return false;
	for (at += 3; at < s.n && s.p[at] != '/' && s.p[at] != '?' && s.p[at] != '@'; at++)
		if (s.p[at] == ':' && !colon)
			colon = at + 1;
	*ret_from = colon;
	*ret_to = at;
	return colon && at < s.n && s.p[at] == '@';
}

static struct span base_name(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_from_offset(path, i);
	return path;
}

/* Programs whose -p takes the password at once, without a space. */
static bool takes_password_by_p(struct span argv0)
{
	static const char *const programs[] = { "mysql", "mariadb", "mysqladmin", "mysqldump",
		"mariadb-dump", "mariadb-admin", "mysqlimport", "mysqlcheck", "mysqlshow",
		"sshpass", "7z", "7za", "7zr", "unrar", "rar" };
	struct span name = base_name(argv0);

	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (span_is(name, programs[i]))
			return true;
	return false;
}

/* name=value or name:value with a name that says it is one. */
static size_t secret_value(struct span arg)
{
	for (size_t i = 0; i + 1 < arg.n; i++)
		if (arg.p[i] == '=' || arg.p[i] == ':') {
			struct span name = span_from(arg.p, i);

			if (is_secret_name(name))
				return i + 1;
			if (arg.p[i] == '=' && is_key(span_from_offset(arg, i + 1)))
				return i + 1;
		}
	return 0;
}

static void add_masked(struct span arg, struct span argv0, struct buf *ret)
{
	size_t from, to = arg.n;

	if (is_key(arg)) {
		buf_add_text(ret, MASK);
		return;
	}
	if (url_password(arg, &from, &to)) {
		/* as found */
	} else if (arg.n > 2 && arg.p[0] == '-' && arg.p[1] == 'p' && takes_password_by_p(argv0)) {
		from = 2;
		to = arg.n;
	} else {
		from = secret_value(arg);
		to = arg.n;
	}
	if (from == 0) {
		buf_add_span(ret, arg);
		return;
	}
	buf_add(ret, arg.p, from);
	buf_add_text(ret, MASK);
	buf_add(ret, arg.p + to, arg.n - to);
}

/* An option whose value is the next argument. */
static bool announces_secret(struct span arg, struct span argv0)
{
	if (arg.n < 2 || memchr(arg.p, '=', arg.n))
		return holds(arg, "authorization:") && arg.p[arg.n - 1] == ':';
	if (arg.p[0] != '-')
		return false;
	return is_secret_name(arg) || (span_is(arg, "-p") && takes_password_by_p(argv0) &&
					      span_is(base_name(argv0), "sshpass"));
}

bool command_next(struct command *c, struct buf *ret)
{
	struct span arg;

	if (!span_cut(&c->rest, '\0', &arg))
		return false;
	if (c->n == 0)
		c->argv0 = arg;
	if (c->secret && arg.n && arg.p[0] != '-') {
		buf_add_text(ret, MASK);
		c->secret = false;
	} else {
		add_masked(arg, c->argv0, ret);
		c->secret = c->n > 0 && announces_secret(arg, c->argv0);
	}
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
