/* Which parts of arguments are secret. */
#include "host/secret.h"

#include "core/attr.h"

#define MASK "***"
#define DEPTH_MAX 4

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

static bool ends(struct span s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && holds(span_from_offset(s, s.n - n), word);
}

/* What stands behind the last of these: ?user=x&token=… is about a token. */
static struct span last_part(struct span name)
{
	for (size_t i = name.n; i > 0; i--)
		if (memchr(";,&?{ \"'", name.p[i - 1], 8))
			return span_from_offset(name, i);
	return name;
}

static bool is_secret_name(struct span s)
{
	static const char *const words[] = { "password", "passwd", "passphrase", "passwort",
		"secret", "token", "apikey", "api-key", "api_key", "access-key", "access_key",
		"accesskey", "private-key", "private_key", "credential", "authorization", "bearer",
		"cookie", "requirepass", "masterauth", "-psk", "_psk", "_pwd", "-pwd" };
	static const char *const whole[] = { "pwd", "Pwd", "pass", "-pass", "--pass", "auth",
		"--auth" };
	/* where it is kept, or how it is asked for */
	static const char *const not_it[] = { "file", "path", "dir", "stdin", "-fd", "url", "uri",
		"prompt", "length", "authentication", "bypass" };

	for (size_t i = 0; i < ARRAY_LEN(not_it); i++)
		if (ends(s, not_it[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (span_is(s, whole[i]))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (holds(s, words[i]))
			return true;
	return s.n > 1 && s.p[0] == '-' && ends(s, "pass");
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

/* name=value or name:value with a name that says it is one. */
static size_t secret_value(struct span arg)
{
	for (size_t i = 0; i + 1 < arg.n; i++)
		if (arg.p[i] == '=' || arg.p[i] == ':') {
			if (is_secret_name(last_part(span_from(arg.p, i))))
				return i + 1;
			if (arg.p[i] == '=' && is_key(span_from_offset(arg, i + 1)))
				return i + 1;
		}
	return 0;
}

/* ---- programs that are known ---- */

enum {
	NEXT = 1,    /* the value is the next argument … */
	JOINED = 2,  /* … or stands behind the option at once, or behind a "=" */
	CLUSTER = 4, /* other letters may stand before this one: -sSu */
	LOGIN = 8,   /* of the subcommand "login" alone: elsewhere it is a port */
	ONCE = 16,   /* behind it comes another program */
};

/* Programs are apart by a space. behind: the secret begins behind this character of the value; 0:
 * it is the whole. */
static const struct secret_option {
	const char *programs, *option;
	unsigned how;
	char behind;
} options[] = {
	{ "mysql mariadb mysqladmin mysqldump mariadb-dump mariadb-admin mysqlimport mysqlcheck "
	  "mysqlshow mysqlpump",
		"-p", JOINED, 0 },
	{ "7z 7za 7zr 7zz rar unrar", "-p", JOINED, 0 },
	{ "rar", "-hp", JOINED, 0 },
	{ "rdesktop mongo mongosh mongodump mongorestore mongoexport mongoimport", "-p",
		NEXT | JOINED, 0 },
	{ "sshpass", "-p", NEXT | JOINED | ONCE, 0 },
	{ "useradd usermod groupadd groupmod", "-p", NEXT, 0 },
	{ "curl", "-u", NEXT | JOINED | CLUSTER, ':' },
	{ "curl", "-U", NEXT | JOINED | CLUSTER, ':' },
	{ "curl", "--user", NEXT | JOINED, ':' },
	{ "curl", "--proxy-user", NEXT | JOINED, ':' },
	{ "curl", "-E", NEXT, ':' },
	{ "curl", "--cert", NEXT | JOINED, ':' },
	{ "http https xh", "-a", NEXT | JOINED, ':' },
	{ "ab", "-A", NEXT, ':' },
	{ "ab", "-P", NEXT, ':' },
	{ "lftp", "-u", NEXT, ',' },
	{ "smbclient rpcclient smbget smbcacls net", "-U", NEXT | JOINED, '%' },
	{ "docker podman buildah skopeo nerdctl helm oras crane az", "-p", NEXT | JOINED | LOGIN,
		0 },
	{ "ldapsearch ldapmodify ldapadd ldapdelete ldapwhoami ldappasswd ldapcompare ldapmodrdn",
		"-w", NEXT | JOINED, 0 },
	{ "ldappasswd", "-s", NEXT | JOINED, 0 },
	{ "ldappasswd", "-a", NEXT | JOINED, 0 },
	{ "redis-cli", "-a", NEXT, 0 },
	{ "sqlcmd bcp osql ipmitool", "-P", NEXT | JOINED, 0 },
	{ "zip unzip zipinfo", "-P", NEXT | CLUSTER, 0 },
	{ "snmpget snmpset snmpwalk snmpbulkwalk", "-A", NEXT, 0 },
	{ "snmpget snmpset snmpwalk snmpbulkwalk", "-X", NEXT, 0 },
	{ "snmpget snmpset snmpwalk snmpbulkwalk", "-c", NEXT, 0 },
	{ "xfreerdp wfreerdp", "/p:", JOINED, 0 },
	{ "openssl", "-k", NEXT, 0 },
	{ "openssl", "-K", NEXT, 0 },
	{ "nmcli", "password", NEXT, 0 },
	{ "nmcli", "wifi-sec.psk", NEXT, 0 },
	{ "aws", "aws_secret_access_key", NEXT, 0 },
};

/* Arguments that are no options, by their number (from 1) and these letters among the options. */
static const struct {
	const char *programs, *with, *without, *first;
	unsigned number;
	char behind;
} places[] = {
	{ "htpasswd", "b", "n", NULL, 3, 0 },
	{ "htpasswd", "bn", "", NULL, 2, 0 },
	{ "wpa_passphrase", "", "", NULL, 2, 0 },
	{ "net net1", "", "", "user", 3, 0 }, /* Windows: net user NAME PASSWORD */
	{ "sqlplus expdp impdp", "", "", NULL, 1, '/' },
};

/* Without its folder, and without .exe. */
static struct span program_name(struct span path)
{
	struct span s = path;

	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/' || path.p[i - 1] == '\\') {
			s = span_from_offset(path, i);
			break;
		}
	return s.n > 4 && ends(s, ".exe") ? span_from(s.p, s.n - 4) : s;
}

static bool is_among(struct span name, const char *programs)
{
	struct span rest = span_of(programs), one;

	while (span_cut(&rest, ' ', &one))
		if (name.n && span_same(one, name))
			return true;
	return false;
}

static bool is_known(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (is_among(name, options[i].programs))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (is_among(name, places[i].programs))
			return true;
	return false;
}

static void mask_behind(struct span arg, size_t from, char behind, struct buf *ret)
{
	const char *found =
		behind && from < arg.n ? memchr(arg.p + from, behind, arg.n - from) : NULL;

	if (behind && !found) {
		buf_add_span(ret, arg);
		return;
	}
	buf_add(ret, arg.p, found ? (size_t)(found - arg.p) + 1 : from);
	buf_add_text(ret, MASK);
}

static bool is_cluster(struct span arg, char letter)
{
	for (size_t i = 1; i < arg.n; i++)
		if (!is_alnum(arg.p[i]))
			return false;
	return arg.n > 2 && arg.p[0] == '-' && arg.p[arg.n - 1] == letter;
}

static void had_value(struct secret *s, const struct secret_option *o)
{
	if (o->how & ONCE)
		s->program = SPAN_NONE;
}

/* An option of the program: its value, which is here (masked) or next. */
static bool mask_option(struct secret *s, struct span arg, struct buf *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		const struct secret_option *o = &options[i];
		size_t n = strlen(o->option);

		if (!is_among(s->program, o->programs) || (o->how & LOGIN && !s->login))
			continue;
		if (o->how & NEXT && (span_is(arg, o->option) ||
					     (o->how & CLUSTER && is_cluster(arg, o->option[1])))) {
			s->next = o;
			buf_add_span(ret, arg);
			return true;
		}
		if (!(o->how & JOINED) || arg.n <= n || !span_starts(arg, span_of(o->option)))
			continue;
		if (o->option[1] == '-' && arg.p[n] != '=')
			continue;
		mask_behind(arg, n + (arg.p[n] == '='), o->behind, ret);
		had_value(s, o);
		return true;
	}
	return false;
}

static bool has_letters(const struct secret *s, const char *letters, bool has)
{
	for (; *letters; letters++)
		if (!(s->letters & 1u << (*letters - 'a')) == has)
			return false;
	return true;
}

static bool mask_place(struct secret *s, struct span arg, struct buf *ret)
{
	if (arg.n && arg.p[0] == '-') {
		for (size_t i = 1; arg.p[1] != '-' && i < arg.n; i++)
			if (arg.p[i] >= 'a' && arg.p[i] <= 'z')
				s->letters |= 1u << (arg.p[i] - 'a');
		return false;
	}
	s->positional++;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!is_among(s->program, places[i].programs) || arg.n == 0 || arg.p[0] == '/')
			continue;
		if (s->positional == 1 && places[i].first && !span_is(arg, places[i].first))
			s->positional = 1000; /* another subcommand */
		if (s->positional != places[i].number || !has_letters(s, places[i].with, true) ||
			!has_letters(s, places[i].without, false))
			continue;
		mask_behind(arg, 0, places[i].behind, ret);
		return true;
	}
	return false;
}

/* ---- an argument that is a command line ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool parts_commands(char c)
{
	return c == ';' || c == '|' || c == '&' || c == '(' || c == ')' || c == '`' || c == '\n';
}

/* As far as its word goes: to a blank or a sign that is not within quotes. */
static size_t word_end(struct span text, size_t at)
{
	char quote = 0;

	for (; at < text.n; at++) {
		char c = text.p[at];

		if (quote) {
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (is_blank(c) || parts_commands(c)) {
			break;
		}
	}
	return at;
}

static bool is_quoted(struct span word)
{
	char quote = word.n > 1 ? word.p[0] : 0;

	return (quote == '"' || quote == '\'') &&
	       memchr(word.p + 1, quote, word.n - 1) == word.p + word.n - 1;
}

static void mask_text(unsigned depth, struct span text, struct buf *ret)
{
	struct secret s = { .depth = depth };

	for (size_t at = 0; at < text.n;) {
		size_t end = word_end(text, at);
		struct span word = span_from(text.p + at, end - at);
		bool quoted = is_quoted(word);

		if (end == at) {
			if (parts_commands(text.p[at]))
				s = (struct secret){ .depth = depth };
			buf_add_char(ret, text.p[at++]);
			continue;
		}
		if (quoted)
			buf_add_char(ret, word.p[0]);
		secret_mask(&s, quoted ? span_from(word.p + 1, word.n - 2) : word, ret);
		if (quoted)
			buf_add_char(ret, word.p[0]);
		at = end;
	}
}

static bool has_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_blank(s.p[i]))
			return true;
	return false;
}

/* "Name: value", as of a header: the name. */
static bool is_header(struct span arg)
{
	size_t i = 0;

	while (i < arg.n && (is_alnum(arg.p[i]) || arg.p[i] == '-' || arg.p[i] == '_'))
		i++;
	return i > 1 && i < arg.n && arg.p[i] == ':' && is_secret_name(span_from(arg.p, i));
}

/* ---- one argument ---- */

static void mask_form(struct secret *s, struct span arg, struct buf *ret)
{
	size_t from, to = arg.n;

	if (is_key(arg)) {
		buf_add_text(ret, MASK);
		return;
	}
	if (s->depth < DEPTH_MAX && has_blank(arg) && !is_header(arg)) {
		mask_text(s->depth + 1, arg, ret);
		return;
	}
	if (!url_password(arg, &from, &to)) {
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

/* An option whose value is the next argument, whatever the program. */
static bool announces(struct span arg)
{
	if (arg.n < 2 || memchr(arg.p, '=', arg.n))
		return holds(arg, "authorization:") && arg.p[arg.n - 1] == ':';
	return arg.p[0] == '-' && is_secret_name(arg);
}

/* sudo, env, timeout and the like run another one. */
static void know_program(struct secret *s, struct span arg)
{
	struct span name = program_name(arg);

	if (s->arguments == 0 || (!is_known(s->program) && is_known(name))) {
		s->program = name;
		s->positional = 0;
		s->letters = 0;
	}
	s->login = s->login || span_is(arg, "login");
}

void secret_mask(struct secret *s, struct span arg, struct buf *ret)
{
	const struct secret_option *value = s->next;
	bool all = s->all, known = is_known(s->program);

	s->next = NULL;
	s->all = false;
	if (value) {
		mask_behind(arg, 0, value->behind, ret);
		had_value(s, value);
	} else if (all && arg.n && arg.p[0] != '-') {
		buf_add_text(ret, MASK);
	} else {
		know_program(s, arg);
		if (known != is_known(s->program) || /* this is its name */
			(!mask_option(s, arg, ret) && !mask_place(s, arg, ret)))
			mask_form(s, arg, ret);
		s->all = s->arguments > 0 && !s->next && announces(arg);
	}
	s->arguments++;
}
