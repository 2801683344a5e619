#include "sensor/ssh_key/authorized.h"

#include "core/hex.h"
#include "core/sha256.h"
#include "core/time.h"

#define BLOB_MAX 16384 /* as in OpenSSH */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

struct span ssh_line(struct span line)
{
	const char *nul = line.n ? memchr(line.p, '\0', line.n) : NULL;

	if (nul) /* OpenSSH reads lines as C strings */
		line.n = (size_t)(nul - line.p);
	while (line.n && is_blank(*line.p))
		line = span_from_offset(line, 1);
	while (line.n && is_blank(line.p[line.n - 1]))
		line.n--;
	return line.n && *line.p == '#' ? span_from(line.p, 0) : line;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool starts_word(struct span s, const char *name)
{
	size_t n = strlen(name);

	if (s.n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s.p[i]) != lower(name[i]))
			return false;
	return true;
}

bool ssh_word_is(struct span word, const char *name)
{
	return word.n == strlen(name) && starts_word(word, name);
}

/* ---- base64 and what is in it ---- */

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static int base64_from_text(struct arena *a, struct span text, struct span *ret)
{
	uint8_t *out;
	uint32_t bits = 0;
	size_t n = 0, have = 0;

	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	if (text.n == 0 || text.n > BLOB_MAX / 3 * 4 || text.n % 4 == 1)
		return ERR_FORMAT;
	out = arena_get(a, text.n);
	for (size_t i = 0; i < text.n; i++) {
		int d = base64_digit(text.p[i]);

		if (d < 0)
			return ERR_FORMAT;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (uint8_t)(bits >> have);
		}
	}
	*ret = span_from(out, n);
	return 0;
}

/* RFC 4251 §5: a length in four bytes, then as many bytes. */
static bool cut_string(struct span *rest, struct span *ret)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	uint32_t n;

	if (rest->n < 4)
		return false;
	n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	if (n > rest->n - 4)
		return false;
	*ret = span_from(rest->p + 4, n);
	*rest = span_from_offset(*rest, 4 + (size_t)n);
	return true;
}

static unsigned number_bits(struct span mpint)
{
	unsigned n;

	while (mpint.n && *mpint.p == '\0')
		mpint = span_from_offset(mpint, 1);
	if (mpint.n == 0)
		return 0;
	n = (unsigned)(mpint.n - 1) * 8;
	for (unsigned c = (unsigned char)*mpint.p; c; c >>= 1)
		n++;
	return n;
}

static unsigned key_bits(struct span type, struct span rest)
{
	struct span x;

	if (span_is(type, "ssh-rsa")) /* exponent, modulus */
		return cut_string(&rest, &x) && cut_string(&rest, &x) ? number_bits(x) : 0;
	if (span_is(type, "ssh-dss"))
		return cut_string(&rest, &x) ? number_bits(x) : 0;
	if (span_is(type, "ssh-ed25519") || span_is(type, "sk-ssh-ed25519@openssh.com"))
		return 256;
	if (!span_starts(type, span_of("ecdsa-sha2-nistp")) &&
		!span_starts(type, span_of("sk-ecdsa-sha2-nistp")))
		return 0;
	if (!cut_string(&rest, &x))
		return 0;
	return span_is(x, "nistp256") ? 256 : span_is(x, "nistp384") ? 384 : 521;
}

static int key_from_base64(struct arena *a, struct span text, struct authorized *x, struct err *e)
{
	struct span blob, rest, type;
	uint8_t digest[SHA256_SIZE];
	AUTO(buf) b = BUF_INIT(64);

	if (base64_from_text(a, text, &blob) < 0)
		return err_set(e, ERR_FORMAT, "a key that is no base64");
	rest = blob;
	if (!cut_string(&rest, &type) || !span_same(type, x->type))
		return err_set(e, ERR_FORMAT, "a key of another type than it says");
	x->bits = key_bits(type, rest);
	sha256_once(blob.p, blob.n, digest);
	base64_add(&b, span_from(digest, sizeof digest));
	memcpy(x->fingerprint, "SHA256:", 7);
	memcpy(x->fingerprint + 7, b.p, 43); /* ssh-keygen leaves out the '=' */
	return 0;
}

/* ---- the line ---- */

static struct span cut_word(struct span *rest)
{
	struct span word = *rest;
	size_t n = 0;

	while (n < rest->n && !is_blank(rest->p[n]))
		n++;
	word.n = n;
	*rest = span_from_offset(*rest, n);
	while (rest->n && is_blank(*rest->p))
		*rest = span_from_offset(*rest, 1);
	return word;
}

static bool is_key_type(struct span word)
{
	return span_starts(word, span_of("ssh-")) || span_starts(word, span_of("ecdsa-")) ||
	       span_starts(word, span_of("sk-"));
}

/* Up to a blank outside quotes; commas outside quotes part them. */
static int cut_options(struct span *rest, struct authorized *x, struct err *e)
{
	bool quoted = false;
	size_t from = 0, i = 0;

	for (; i < rest->n && (quoted || !is_blank(rest->p[i])); i++) {
		char c = rest->p[i];

		if (c == '\\' && i + 1 < rest->n && rest->p[i + 1] == '"')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == ',' && !quoted) {
			if (x->n_options == SSH_OPTIONS_MAX)
				return err_set(e, ERR_LIMIT, "more than %d options",
					SSH_OPTIONS_MAX);
			x->option[x->n_options++] = span_from(rest->p + from, i - from);
			from = i + 1;
		}
	}
	if (quoted)
		return err_set(e, ERR_FORMAT, "a quote that does not end");
	if (x->n_options == SSH_OPTIONS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d options", SSH_OPTIONS_MAX);
	x->option[x->n_options++] = span_from(rest->p + from, i - from);
	*rest = ssh_line(span_from_offset(*rest, i));
	return 0;
}

int authorized_from_line(struct arena *a, struct span line, struct authorized *ret, struct err *e)
{
	struct span rest = line, text;

	memset(ret, 0, sizeof *ret);
	ret->type = cut_word(&rest);
	if (!is_key_type(ret->type)) {
		rest = line;
		if (cut_options(&rest, ret, e) < 0)
			return e->code;
		ret->type = cut_word(&rest);
		if (!is_key_type(ret->type))
			return err_set(e, ERR_FORMAT, "a line without a key");
	}
	text = cut_word(&rest);
	ret->comment = rest;
	return key_from_base64(a, text, ret, e);
}

/* OpenSSH takes the last word for the name. */
int principal_from_line(struct span line, struct authorized *ret, struct span *ret_name,
	struct err *e)
{
	size_t at = line.n;
	struct span options;

	memset(ret, 0, sizeof *ret);
	while (at && !is_blank(line.p[at - 1]))
		at--;
	*ret_name = span_from_offset(line, at);
	options = ssh_line(span_from(line.p, at));
	if (options.n == 0)
		return 0;
	if (cut_options(&options, ret, e) < 0)
		return e->code;
	return options.n ? err_set(e, ERR_FORMAT, "options with a blank between") : 0;
}

bool authorized_option(const struct authorized *x, struct arena *a, const char *name,
	struct span *ret)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < x->n_options; i++) {
		struct span o = x->option[i];
		char *out;
		size_t len = 0;

		if (!starts_word(o, name) || (o.n > n && o.p[n] != '='))
			continue;
		o = span_from_offset(o, o.n > n ? n + 1 : n);
		out = arena_get(a, o.n + 1);
		for (size_t k = 0; k < o.n; k++) {
			if (o.p[k] == '\\' && k + 1 < o.n && o.p[k + 1] == '"')
				out[len++] = o.p[++k];
			else if (o.p[k] != '"')
				out[len++] = o.p[k];
		}
		*ret = span_from(out, len);
		return true;
	}
	return false;
}

int64_t authorized_expiry(struct span text)
{
	char t[] = "0000-00-00T00:00:00Z";
	static const unsigned char place[] = { 0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18 };
	int64_t at;
	struct err e;

	if (text.n && (text.p[text.n - 1] == 'Z' || text.p[text.n - 1] == 'z'))
		text.n--;
	if (text.n != 8 && text.n != 12 && text.n != 14)
		return 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return 0;
		t[place[i]] = text.p[i];
	}
	return time_parse(span_of(t), 0, &at, &e) == 0 ? at : 0;
}

/* ---- sshd_config ---- */

bool sshd_setting(struct span line, struct span *ret_keyword, struct span *ret_rest)
{
	size_t n = 0;

	line = ssh_line(line);
	while (n < line.n && !is_blank(line.p[n]) && line.p[n] != '=')
		n++;
	*ret_keyword = span_from(line.p, n);
	line = ssh_line(span_from_offset(line, n));
	if (line.n && *line.p == '=')
		line = ssh_line(span_from_offset(line, 1));
	*ret_rest = line;
	return n > 0;
}

bool sshd_argument(struct span *rest, struct span *ret)
{
	const char *end;

	while (rest->n && is_blank(*rest->p))
		*rest = span_from_offset(*rest, 1);
	if (rest->n == 0 || *rest->p == '#')
		return false;
	if (*rest->p != '"') {
		*ret = cut_word(rest);
		return true;
	}
	end = memchr(rest->p + 1, '"', rest->n - 1);
	if (!end)
		return false;
	*ret = span_from(rest->p + 1, (size_t)(end - rest->p - 1));
	*rest = span_from_offset(*rest, ret->n + 2);
	return true;
}
