#include "sensor/ssh_key/server.h"

#include <sys/stat.h>

#include "core/glob.h"
#include "host/host.h"
#include "sensor/ssh_key/authorized.h"

#define CONFIG "/etc/ssh/sshd_config"
#define CONFIG_VENDOR \
	"/usr/etc/ssh/sshd_config" /* openSUSE's, where there is none of the former \
				    */
#define CONFIG_FOLDER "/etc/ssh/"
#define FILE_BYTES_MAX ((size_t)1 << 20)
#define DEPTH_MAX 16 /* as in OpenSSH */
#define FILES_MAX 256
#define FOLDER_MAX 65536

struct reader {
	struct server *server;
	struct scan *scan;
	const struct kind *kind;
	struct arena *arena;
	unsigned depth, files;
	bool in_match;
	bool has_keys, has_principals; /* outside Match the first one counts */
	struct span keys_user, principals_user;
};

static void tell(struct reader *r, const struct err *why)
{
	scan_gap_err(r->scan, r->kind, SPAN_NONE, true, why);
}

static void add(struct reader *r, struct setting_list *list, const char *keyword, struct span value,
	const char *path, size_t line)
{
	struct err e;

	for (size_t i = 0; i < list->n; i++)
		if (span_same(list->item[i].value, value))
			return;
	if (list->n == SETTINGS_MAX) {
		err_set(&e, ERR_LIMIT, "%s:%zu: more than %d of %s", path, line, SETTINGS_MAX,
			keyword);
		tell(r, &e);
		return;
	}
	list->item[list->n++] = (struct setting){ .keyword = keyword,
		.value = arena_copy(r->arena, value),
		.file = span_of(path),
		.line = line };
}

/* A path that begins in a home, or one that is the same place for all. */
static void add_pattern(struct reader *r, bool keys, struct span value, const char *path,
	size_t line)
{
	struct server *s = r->server;
	bool home = value.n && (*value.p != '/' || span_starts(value, span_of("%h")));

	if (ssh_word_is(value, "none"))
		return;
	if (keys)
		add(r, home ? &s->home_keys : &s->system_keys, "AuthorizedKeysFile", value, path,
			line);
	else
		add(r, home ? &s->home_principals : &s->system_principals,
			"AuthorizedPrincipalsFile", value, path, line);
}

static void read_config(struct reader *r, const char *path);

/* Wildcards in the last section only, as everybody writes them. */
static void include(struct reader *r, struct span pattern, const char *path, size_t line)
{
	const char *full = arena_format(r->arena, "%s%.*s",
		pattern.n && *pattern.p == '/' ? "" : CONFIG_FOLDER, SPAN_ARG(pattern));
	const char *slash = strrchr(full, '/');
	struct span folder = span_from(full, (size_t)(slash - full));
	struct host_entry *list;
	struct err e;
	size_t n;

	if (glob_is_wild(folder) || memchr(full, '[', strlen(full))) {
		err_set(&e, ERR_FORMAT, "%s:%zu: cannot follow Include '%s'", path, line, full);
		tell(r, &e);
		return;
	}
	if (!glob_is_wild(span_of(slash + 1))) {
		read_config(r, full);
		return;
	}
	if (host_list(scan_host(r->scan), arena_text(r->arena, folder), FOLDER_MAX, r->arena, &list,
		    &n, &e) < 0) {
		if (e.code != ERR_MISSING)
			tell(r, &e);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (*list[i].name.p != '.' && glob_text(span_of(slash + 1), list[i].name))
			read_config(r, arena_format(r->arena, "%.*s/%.*s", SPAN_ARG(folder),
					       SPAN_ARG(list[i].name)));
}

static void take_files(struct reader *r, bool keys, struct span rest, const char *path, size_t line)
{
	bool *has = keys ? &r->has_keys : &r->has_principals;
	struct span value;

	if (!r->in_match && *has)
		return;
	while (sshd_argument(&rest, &value))
		add_pattern(r, keys, value, path, line);
	if (!r->in_match)
		*has = true;
}

static void take_many(struct reader *r, struct setting_list *list, const char *keyword,
	struct span rest, const char *path, size_t line)
{
	struct span value;

	while (sshd_argument(&rest, &value))
		if (!ssh_word_is(value, "none"))
			add(r, list, keyword, value, path, line);
}

static void take_line(struct reader *r, struct span line, const char *path, size_t number)
{
	struct server *s = r->server;
	struct span word, rest, value;

	if (!sshd_setting(line, &word, &rest))
		return;
	if (ssh_word_is(word, "Include")) {
		while (sshd_argument(&rest, &value))
			include(r, value, path, number);
	} else if (ssh_word_is(word, "Match")) {
		r->in_match = !ssh_word_is(rest, "all");
	} else if (ssh_word_is(word, "AuthorizedKeysFile")) {
		take_files(r, true, rest, path, number);
	} else if (ssh_word_is(word, "AuthorizedPrincipalsFile")) {
		take_files(r, false, rest, path, number);
	} else if (ssh_word_is(word, "TrustedUserCAKeys")) {
		take_many(r, &s->user_cas, "TrustedUserCAKeys", rest, path, number);
	} else if (ssh_word_is(word, "HostKey")) {
		take_many(r, &s->host_keys, "HostKey", rest, path, number);
	} else if (ssh_word_is(word, "AuthorizedKeysCommand") && !ssh_word_is(rest, "none")) {
		add(r, &s->commands, "AuthorizedKeysCommand", rest, path, number);
	} else if (ssh_word_is(word, "AuthorizedPrincipalsCommand") && !ssh_word_is(rest, "none")) {
		add(r, &s->commands, "AuthorizedPrincipalsCommand", rest, path, number);
	} else if (ssh_word_is(word, "AuthorizedKeysCommandUser") && !r->keys_user.p) {
		r->keys_user = arena_copy(r->arena, rest);
	} else if (ssh_word_is(word, "AuthorizedPrincipalsCommandUser") && !r->principals_user.p) {
		r->principals_user = arena_copy(r->arena, rest);
	}
}

static void read_config(struct reader *r, const char *path)
{
	struct span text, line;
	struct err e;
	bool in_match = r->in_match;
	size_t number = 0;
	int rc;

	if (r->depth == DEPTH_MAX || r->files++ == FILES_MAX) {
		err_set(&e, ERR_LIMIT, "'%s' is included too deeply, or too many files are", path);
		tell(r, &e);
		return;
	}
	rc = host_read(scan_host(r->scan), path, FILE_BYTES_MAX, r->arena, &text, &e);
	if (rc < 0) {
		if (rc != ERR_MISSING)
			tell(r, &e);
		return;
	}
	r->depth++;
	while (span_cut(&text, '\n', &line))
		take_line(r, line, path, ++number);
	r->depth--;
	r->in_match = in_match; /* a Match block ends with its file */
}

static void set_defaults(struct reader *r)
{
	static const char *const host_keys[] = { "/etc/ssh/ssh_host_rsa_key",
		"/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ed25519_key" };
	struct server *s = r->server;

	if (!r->has_keys) {
		add_pattern(r, true, span_of(".ssh/authorized_keys"), CONFIG, 0);
		add_pattern(r, true, span_of(".ssh/authorized_keys2"), CONFIG, 0);
	}
	for (size_t i = 0; s->host_keys.n == 0 && i < ARRAY_LEN(host_keys); i++)
		s->host_keys.item[i] = (struct setting){ .keyword = "HostKey",
			.value = span_of(host_keys[i]),
			.file = span_of(CONFIG) };
	if (s->host_keys.n == 0)
		s->host_keys.n = ARRAY_LEN(host_keys);
	for (size_t i = 0; i < s->commands.n; i++)
		s->commands.item[i].user =
			strcmp(s->commands.item[i].keyword, "AuthorizedKeysCommand") == 0
				? r->keys_user
				: r->principals_user;
}

void server_read(struct server *ret, struct scan *s, const struct kind *k)
{
	struct reader r = { .server = ret, .scan = s, .kind = k, .arena = scan_arena(s) };
	struct stat st;
	struct err e;

	if (host_stat(scan_host(s), CONFIG, false, &st, &e) == ERR_MISSING)
		read_config(&r, CONFIG_VENDOR);
	else
		read_config(&r, CONFIG);
	set_defaults(&r);
}

const char *server_expand(struct arena *a, struct span pattern, struct span user, struct span uid,
	struct span home)
{
	AUTO(buf) b = BUF_INIT(8192);

	while (home.n && home.p[home.n - 1] == '/')
		home.n--;
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];

		if (c != '%') {
			buf_add_char(&b, c);
			continue;
		}
		c = ++i < pattern.n ? pattern.p[i] : '\0';
		if (c == '%')
			buf_add_char(&b, c);
		else if (c == 'h')
			buf_add_span(&b, home);
		else if (c == 'u')
			buf_add_span(&b, user);
		else if (c == 'U')
			buf_add_span(&b, uid);
		else
			return NULL;
	}
	if (b.full || b.n == 0)
		return NULL;
	if (*b.p == '/')
		return arena_text(a, buf_span(&b));
	return arena_format(a, "%.*s/%s", SPAN_ARG(home), buf_text(&b));
}
