#include "sensor/user/accounts.h"

#include "core/attr.h"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool lines_next(struct lines *l, struct span *ret)
{
	while (span_cut(&l->rest, '\n', ret)) {
		if (!l->rest.p && ret->n == 0)
			return false; /* behind the last newline */
		l->number++;
		while (ret->n && is_blank(*ret->p))
			*ret = span_from_offset(*ret, 1);
		if (ret->n && *ret->p != '#')
			return true;
	}
	return false;
}

size_t lines_count(struct span text)
{
	const char *p = text.p, *end = text.p + text.n;
	size_t n = 1;

	while (p && p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL)
		n++, p++;
	return n;
}

void bad_line(struct bad_lines *b, size_t number, const struct err *why)
{
	if (b->n++ > 0 && number >= b->first)
		return;
	b->first = number;
	b->why = *why;
}

/* What stands before the next ':'; missing fields are empty, as in glibc. */
static struct span field(struct span *rest)
{
	struct span x = { "", 0 };

	(void)span_cut(rest, ':', &x);
	return x;
}

int id_from_text(struct span text, uint32_t *ret)
{
	uint64_t n = 0;
	bool minus;

	while (text.n && is_blank(*text.p))
		text = span_from_offset(text, 1);
	minus = text.n && *text.p == '-';
	if (text.n && (*text.p == '-' || *text.p == '+'))
		text = span_from_offset(text, 1);
	if (text.n == 0)
		return ERR_FORMAT;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_FORMAT;
		n = n > UINT32_MAX ? n : n * 10 + (uint64_t)(text.p[i] - '0');
	}
	*ret = n > UINT32_MAX || (minus && n) ? UINT32_MAX : (uint32_t)n;
	return 0;
}

/* glibc reads a line as a C string: what stands behind a NUL is not there for it. */
static struct span c_string(struct span line)
{
	const char *nul = line.n ? memchr(line.p, '\0', line.n) : NULL;

	return nul ? span_from(line.p, (size_t)(nul - line.p)) : line;
}

static bool is_nis(struct span name)
{
	return name.n && (*name.p == '+' || *name.p == '-');
}

int passwd_from_line(struct span line, struct passwd_line *ret, struct err *e)
{
	struct span rest = c_string(line), uid, gid;
	struct passwd_line x = { .name = field(&rest) };

	x.nis = is_nis(x.name);
	x.password = field(&rest);
	uid = field(&rest);
	gid = field(&rest);
	x.has_ids = id_from_text(uid, &x.uid) == 0 && id_from_text(gid, &x.gid) == 0;
	if (!x.has_ids && !x.nis)
		return err_set(e, ERR_FORMAT, "an account without a uid and a gid");
	x.gecos = field(&rest);
	x.home = field(&rest);
	x.shell = rest.p ? rest : span_of("");
	*ret = x;
	return 0;
}

/* Days: empty or negative is none. */
static int days_from(struct span text, int64_t *ret)
{
	uint32_t n;

	*ret = SHADOW_NONE;
	if (text.n == 0)
		return 0;
	if (id_from_text(text, &n) < 0)
		return ERR_FORMAT;
	if (*text.p != '-' && n != UINT32_MAX)
		*ret = n;
	return 0;
}

int shadow_from_line(struct span line, struct shadow_line *ret, struct err *e)
{
	struct span rest = c_string(line);
	struct shadow_line x = { .name = field(&rest) };
	int64_t *const days[] = { &x.changed, &x.min, &x.max, &x.warn, &x.inactive, &x.expire };

	if (!rest.p)
		return err_set(e, ERR_FORMAT, "an entry of shadow without a password field");
	x.password = field(&rest);
	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		if (days_from(field(&rest), days[i]) < 0)
			return err_set(e, ERR_FORMAT,
				"field %zu of an entry of shadow is no number", i + 3);
	*ret = x;
	return 0;
}

int group_from_line(struct span line, struct group_line *ret, struct err *e)
{
	struct span rest = c_string(line);
	struct group_line x = { .name = field(&rest) };

	x.nis = is_nis(x.name);
	x.password = field(&rest);
	x.has_ids = id_from_text(field(&rest), &x.gid) == 0;
	if (!x.has_ids && !x.nis)
		return err_set(e, ERR_FORMAT, "a group without a gid");
	x.members = rest.p ? rest : span_of("");
	*ret = x;
	return 0;
}

int gshadow_from_line(struct span line, struct gshadow_line *ret, struct err *e)
{
	struct span rest = c_string(line);
	struct gshadow_line x = { .name = field(&rest) };

	if (!rest.p)
		return err_set(e, ERR_FORMAT, "an entry of gshadow without a password field");
	x.password = field(&rest);
	x.administrators = field(&rest);
	x.members = field(&rest);
	*ret = x;
	return 0;
}

int subid_from_line(struct span line, struct span *ret_name, struct span *ret_range, struct err *e)
{
	struct span rest = c_string(line), name = field(&rest), first, count, range = rest;
	uint32_t n;

	first = field(&rest);
	count = field(&rest);
	if (id_from_text(first, &n) < 0 || id_from_text(count, &n) < 0)
		return err_set(e, ERR_FORMAT, "subordinate ids that are no numbers");
	*ret_name = name;
	*ret_range = span_from(range.p, first.n + 1 + count.n);
	return 0;
}

uint32_t login_defs_number(struct span text, const char *name, uint32_t fallback)
{
	struct lines l = lines_of(text);
	struct span line, key = span_of(name);
	uint32_t n;

	while (lines_next(&l, &line)) {
		if (!span_starts(line, key) || line.n == key.n || !is_blank(line.p[key.n]))
			continue;
		line = span_from_offset(line, key.n);
		while (line.n && is_blank(line.p[line.n - 1]))
			line.n--;
		if (id_from_text(line, &n) == 0)
			fallback = n;
	}
	return fallback;
}

/* ---- what they mean ---- */

static bool is_crypt_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '.' && c <= '9');
}

/* crypt(5): $id$…, 13 characters of DES, or '_' and 19 of BSDi. */
static bool is_hash(struct span s)
{
	size_t from = s.n == 20 && *s.p == '_' ? 1 : 0;

	if (s.n > 3 && *s.p == '$')
		return memchr(s.p + 1, '$', s.n - 1) != NULL;
	if (s.n != 13 && from == 0)
		return false;
	for (size_t i = from; i < s.n; i++)
		if (!is_crypt_char(s.p[i]))
			return false;
	return true;
}

enum password_state password_state_of(struct span text, struct span *ret_hash)
{
	struct span hash = text;

	*ret_hash = span_of("");
	if (text.n == 0)
		return PASSWORD_EMPTY;
	while (hash.n && *hash.p == '!')
		hash = span_from_offset(hash, 1);
	if (!is_hash(hash))
		return PASSWORD_DISABLED;
	*ret_hash = hash;
	return hash.n == text.n ? PASSWORD_SET : PASSWORD_LOCKED;
}

const char *password_scheme_of(struct span hash)
{
	static const struct {
		const char *prefix, *name;
	} table[] = {
		{ "$y$", "yescrypt" },
		{ "$gy$", "gost-yescrypt" },
		{ "$7$", "scrypt" },
		{ "$6$", "sha512" },
		{ "$5$", "sha256" },
		{ "$2", "bcrypt" },
		{ "$1$", "md5" },
		{ "$3$", "nthash" },
		{ "$sha1$", "sha1" },
		{ "$md5", "sunmd5" },
		{ "_", "bsdicrypt" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (span_starts(hash, span_of(table[i].prefix)))
			return table[i].name;
	return hash.n == 13 ? "des" : "unknown";
}

/* pam_unix asks shadow for these two; anything else is the password itself. */
bool password_is_shadowed(struct span text)
{
	return span_is(text, "x") || span_starts(text, span_of("##"));
}

bool shell_refuses(struct span shell)
{
	static const char *const names[] = { "nologin", "false", "true", "null", "sync", "halt",
		"shutdown" };

	for (size_t i = shell.n; i > 0; i--)
		if (shell.p[i - 1] == '/') {
			shell = span_from_offset(shell, i);
			break;
		}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (span_is(shell, names[i]))
			return true;
	return false;
}
