#include "sensor/user/account_text.h"

#include "core/attr.h"
#include "core/hex.h"
#include "core/time.h"
#include "entity/list.h"
#include "entity/user.h"

#define FIRST_OWN_RID 1000

static const struct {
	uint32_t bit;
	const char *name;
} names[] = {
	{ 0x1, "script" },
	{ ACCOUNT_DISABLED, "disabled" },
	{ 0x8, "homedir-required" },
	{ ACCOUNT_NO_PASSWORD, "password-not-required" },
	{ ACCOUNT_CANNOT_CHANGE, "cannot-change-password" },
	{ 0x80, "reversible-encryption" },
	{ 0x100, "temporary-duplicate" },
	{ 0x200, "normal" },
	{ 0x800, "interdomain-trust" },
	{ 0x1000, "workstation-trust" },
	{ 0x2000, "server-trust" },
	{ ACCOUNT_NEVER_EXPIRES, "password-never-expires" },
	{ 0x20000, "mns-logon" },
	{ 0x40000, "smartcard-required" },
	{ 0x80000, "trusted-for-delegation" },
	{ 0x100000, "not-delegated" },
	{ 0x200000, "des-key-only" },
	{ 0x400000, "no-preauthentication" },
	{ 0x1000000, "trusted-to-authenticate-for-delegation" },
	{ 0x2000000, "no-authorization-data" },
	{ 0x4000000, "partial-secrets" },
	{ 0x8000000, "aes-keys" },
};

/* Each a field by itself. */
static const struct {
	uint32_t bit;
	enum user_field field;
} fields[] = {
	{ ACCOUNT_DISABLED, USER_DISABLED },
	{ ACCOUNT_LOCKOUT, USER_LOCKED_OUT },
	{ ACCOUNT_NO_PASSWORD, USER_NO_PASSWORD },
	{ ACCOUNT_CANNOT_CHANGE, USER_CANNOT_CHANGE },
	{ ACCOUNT_NEVER_EXPIRES, USER_NEVER_EXPIRES },
};

void account_set_flags(struct record *r, struct arena *a, uint32_t flags)
{
	uint32_t left = flags & ~(uint32_t)(ACCOUNT_LOCKOUT | ACCOUNT_PASSWORD_EXPIRED);
	struct span items[ARRAY_LEN(names) + 1];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (left & names[i].bit) {
			items[n++] = span_of(names[i].name);
			left &= ~names[i].bit;
		}
	if (left)
		items[n++] = span_of(arena_format(a, "0x%x", left));
	record_set_set(r, USER_FLAGS, a, items, n);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		record_set_number(r, fields[i].field, (flags & fields[i].bit) != 0);
}

bool account_rid(struct span sid, uint64_t *ret)
{
	uint64_t n = 0, scale = 1;
	size_t i = sid.n;

	while (i > 0 && sid.n - i < 10 && sid.p[i - 1] >= '0' && sid.p[i - 1] <= '9') {
		n += scale * (uint64_t)(sid.p[--i] - '0');
		scale *= 10;
	}
	if (i == sid.n || i == 0 || sid.p[i - 1] != '-')
		return false;
	*ret = n;
	return true;
}

void account_set_sid(struct record *r, struct span sid)
{
	uint64_t rid;

	if (!sid.n)
		return;
	record_set_bytes(r, USER_SID, sid);
	if (!account_rid(sid, &rid))
		return;
	record_set_number(r, USER_UID, rid);
	record_set_number(r, USER_CLASS, rid < FIRST_OWN_RID ? ACCOUNT_SYSTEM : ACCOUNT_HUMAN);
}

int64_t account_changed(int64_t now, uint64_t age)
{
	int64_t ago = age > INT32_MAX ? INT32_MAX : (int64_t)age;

	return now - ago * TIME_SECOND - now % TIME_SECOND;
}

void account_set_hours(struct record *r, struct arena *a, const uint8_t hours[ACCOUNT_HOURS])
{
	AUTO(buf) text = BUF_INIT(ACCOUNT_HOURS * 2);
	uint8_t all = 0xff;

	for (size_t i = 0; i < ACCOUNT_HOURS; i++)
		all &= hours[i];
	if (all == 0xff)
		return;
	hex_add(&text, span_from(hours, ACCOUNT_HOURS));
	record_set_bytes(r, USER_LOGON_HOURS, arena_copy(a, buf_span(&text)));
}
