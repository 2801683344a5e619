#include "sensor/port/sock.h"

#include <arpa/inet.h>

#include "core/attr.h"

#define HEX_RANDOM 8   /* that many hex digits, letters among them */
#define MIXED_RANDOM 6 /* that many letters and digits, mixed */

const char *const sock_proto_names[] = { "tcp", "tcp6", "udp", "udp6", "udplite", "udplite6",
	"sctp", "raw", "raw6", "packet", "unix", "vsock", NULL };
_Static_assert(ARRAY_LEN(sock_proto_names) == SOCK_PROTOS + 1, "every sock_proto needs a name");

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

bool sock_is_wildcard(const struct sock *x)
{
	if (x->proto == SOCK_VSOCK)
		return memcmp(x->address, "\xff\xff\xff\xff", 4) == 0;
	return is_zero(x->address, x->v6 ? 16 : 4);
}

bool sock_is_loopback(const struct sock *x)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!x->v6)
		return x->address[0] == 127;
	if (memcmp(x->address, mapped, sizeof mapped) == 0)
		return x->address[12] == 127;
	return is_zero(x->address, 15) && x->address[15] == 1;
}

struct span sock_key(const struct sock *x, struct span space, struct arena *a)
{
	const char *proto = sock_proto_names[x->proto], *at = space.n ? "@netns:" : "";
	char text[INET6_ADDRSTRLEN] = "";
	struct span head, name = x->name;
	uint32_t cid;
	char *p;

	if (x->proto == SOCK_PACKETS)
		return span_of(arena_format(a, "packet/%.*s/0x%04x%s%.*s",
			SPAN_ARG(x->interface ? x->device : span_of("*")), x->port, at,
			SPAN_ARG(space)));
	if (x->proto == SOCK_VSOCK) {
		memcpy(&cid, x->address, sizeof cid);
		return span_of(sock_is_wildcard(x) ? arena_format(a, "vsock/*/%u", x->port)
						   : arena_format(a, "vsock/%u/%u", cid, x->port));
	}
	if (x->proto != SOCK_UNIX) {
		inet_ntop(x->v6 ? AF_INET6 : AF_INET, x->address, text, sizeof text);
		return span_of(arena_format(a, "%s/%s/%u%s%.*s", proto, text, x->port, at,
			SPAN_ARG(space)));
	}
	head = span_of("unix/"); /* a name may hold any byte, NUL too */
	p = arena_get(a, head.n + name.n + strlen(at) + space.n);
	memcpy(p, head.p, head.n);
	memcpy(p + head.n, name.p, name.n);
	memcpy(p + head.n + name.n, at, strlen(at));
	if (space.n)
		memcpy(p + head.n + name.n + strlen(at), space.p, space.n);
	return span_from(p, head.n + name.n + strlen(at) + space.n);
}

/* ---- names that do not last ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_pid(struct span word, const uint32_t *pids, size_t n_pids)
{
	uint64_t n;

	if (word.n < 2 || !span_number(word, &n))
		return false;
	for (size_t i = 0; i < n_pids; i++)
		if (pids[i] == n)
			return true;
	return false;
}

static bool is_random(struct span word)
{
	size_t digits = 0, lower = 0, upper = 0, hex = 0, turns = 0;

	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		digits += is_digit(c);
		lower += is_lower(c);
		upper += is_upper(c);
		hex += is_hex(c);
		turns += i > 0 && is_digit(c) != is_digit(word.p[i - 1]);
	}
	if (hex == word.n && word.n >= HEX_RANDOM && digits > 0 && digits < word.n)
		return true;
	/* "dbus-Xy3kQ9zA", not "X11-unix", "CamelCase" or "python3": upper and lower case with
	 * digits among them, or digits in several places */
	return word.n >= MIXED_RANDOM &&
	       ((lower > 0 && upper > 0 && digits > 0) || (turns > 2 && lower + upper > 2));
}

bool sock_name_is_random(struct span name, const uint32_t *pids, size_t n_pids)
{
	size_t from = 0;

	if (name.n == 6 && name.p[0] == '@') {
		size_t hex = 1;

		while (hex < name.n && is_hex(name.p[hex]) && !is_upper(name.p[hex]))
			hex++;
		if (hex == name.n)
			return true;
	}
	for (size_t i = 0; i <= name.n; i++) {
		struct span word = span_from(name.p + from, i - from);

		if (i < name.n &&
			(is_digit(name.p[i]) || is_lower(name.p[i]) || is_upper(name.p[i])))
			continue;
		if (is_random(word) || is_pid(word, pids, n_pids))
			return true;
		from = i + 1;
	}
	return false;
}
