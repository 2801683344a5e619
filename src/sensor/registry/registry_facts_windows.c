/* What is known of a key itself. */
#include "core/fold.h"
#include "entity/registry_key.h"
#include "host/windows/service_name.h"
#include "host/windows/services.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"
#include "sensor/registry/registry_look_windows.h"
#include "sensor/registry/registry_text.h"

#define LINK_VALUE L"SymbolicLinkValue"
#define FLAG_VOLATILE 1u
#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define EPOCH INT64_C(116444736000000000) /* 1970 in units of 100 ns since 1601 */

LONG key_info(struct look *l, HKEY key, struct key_info *ret)
{
	LONG rc;

	ret->class_n = ARRAY_LEN(l->class_name);
	rc = RegQueryInfoKeyW(key, l->class_name, &ret->class_n, NULL, &ret->subkeys, NULL, NULL,
		&ret->values, NULL, NULL, NULL, &ret->written);
	return rc;
}

bool key_is_link(struct look *l, HKEY key, const struct key_info *info, struct buf *ret_target)
{
	DWORD type = 0, n = sizeof l->name;

	/* A link has a value, and no sub-keys of its own. */
	if (info->values == 0 || info->subkeys > 0)
		return false;
	if (RegQueryValueExW(key, LINK_VALUE, NULL, &type, (BYTE *)l->name, &n) != 0 ||
		type != REG_LINK)
		return false;
	wide_to_text(l->name, n / sizeof *l->name, ret_target);
	return true;
}

LONG key_children(struct look *l, HKEY key, struct buf *ret)
{
	buf_clear(ret);
	for (DWORD i = 0; i < CHILDREN_MAX; i++) {
		DWORD n = REGISTRY_NAME_MAX;
		LONG rc = RegEnumKeyExW(key, i, l->name, &n, NULL, NULL, NULL, NULL);

		if (rc == ERROR_NO_MORE_ITEMS)
			return 0;
		if (rc != 0)
			return rc;
		l->name[n] = 0;
		buf_add(ret, &n, sizeof n);
		buf_add(ret, l->name, (n + 1) * sizeof *l->name);
		scan_alive(l->scan);
	}
	return ERROR_NOT_ENOUGH_QUOTA;
}

/* ---- facts ---- */

static void put_time(struct record *r, const FILETIME *t)
{
	uint64_t units = (uint64_t)t->dwHighDateTime << 32 | t->dwLowDateTime;

	/* What is outside of our times was not written by a clock. */
	if (units > 0 && units <= (uint64_t)EPOCH + INT64_MAX / 100)
		record_set_time(r, REGISTRY_KEY_LAST_WRITE, ((int64_t)units - EPOCH) * 100);
}

static void put_sid(struct look *l, unsigned field, struct span sid)
{
	buf_clear(&l->text);
	if (sid.n && sid_to_text(sid, &l->text))
		record_set_bytes(l->r, field, arena_copy(l->a, buf_span(&l->text)));
}

static void put_acl(struct look *l, unsigned field, const struct descriptor *d, char which)
{
	buf_clear(&l->text);
	acl_to_text(d, which, &l->text);
	record_set_bytes(l->r, field, arena_copy(l->a, buf_span(&l->text)));
}

static LONG descriptor_read(struct look *l, HKEY key, SECURITY_INFORMATION what, struct span *ret)
{
	DWORD n = sizeof l->descriptor;
	LONG rc = RegGetKeySecurity(key, what, l->descriptor, &n);

	if (rc == 0)
		*ret = span_from(l->descriptor, n);
	return rc;
}

static LONG put_security(struct look *l, HKEY key, uint64_t fields)
{
	SECURITY_INFORMATION what =
		OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
	bool sacl = (fields & field_bit(REGISTRY_KEY_SACL)) && (l->how & REGISTRY_OPEN_SACL);
	struct descriptor d;
	struct span bytes;
	LONG rc;

	sacl = sacl && descriptor_read(l, key, what | SACL_SECURITY_INFORMATION, &bytes) == 0;
	rc = sacl ? 0 : descriptor_read(l, key, what, &bytes);
	if (rc != 0)
		return rc;
	if (!descriptor_parse(bytes, &d))
		return ERROR_INVALID_SECURITY_DESCR;
	put_sid(l, REGISTRY_KEY_OWNER, d.owner);
	put_sid(l, REGISTRY_KEY_GROUP, d.group);
	put_acl(l, REGISTRY_KEY_DACL, &d, 'd');
	if (sacl)
		put_acl(l, REGISTRY_KEY_SACL, &d, 's');
	return 0;
}

static void put_class(struct look *l, struct span key, const struct key_info *info)
{
	size_t n = info->class_n;

	while (n && !l->class_name[n - 1])
		n--;
	if (n && !registry_is_secret_class(key))
		record_set_bytes(l->r, REGISTRY_KEY_CLASS, wide_to_span(l->a, l->class_name, n));
}

/* All values of a key, and its sub-keys, ask one after another. */
bool is_of_user_copy(struct look *l)
{
	struct span name;
	size_t n = 0;

	if (!fold_starts(path_text(l), span_of(SERVICES), &name))
		return false;
	while (n < name.n && name.p[n] != '\\')
		n++;
	name = span_from(name.p, n);
	if (!service_template_name(name).n)
		return false;
	if (!span_same(buf_span(&l->copy), name)) {
		buf_clear(&l->copy);
		buf_add_span(&l->copy, name);
		l->copy_is = host_service_is_copy(scan_host(l->scan), buf_span(&l->copy), l->a);
	}
	return l->copy_is;
}

uint64_t key_facts(struct look *l, HKEY key, const struct key_info *info, uint64_t fields,
	struct span link_target, LONG *ret_why)
{
	static const uint64_t security =
		UINT64_C(1) << REGISTRY_KEY_OWNER | UINT64_C(1) << REGISTRY_KEY_GROUP |
		UINT64_C(1) << REGISTRY_KEY_DACL | UINT64_C(1) << REGISTRY_KEY_SACL;
	struct record *r = l->r;
	unsigned flags;

	put_time(r, &info->written);
	put_class(l, r->key, info);
	record_set_number(r, REGISTRY_KEY_SUBKEY_COUNT, info->subkeys);
	record_set_number(r, REGISTRY_KEY_VALUE_COUNT, info->values);
	record_set_number(r, REGISTRY_KEY_HIDDEN_NAME,
		registry_name_is_hidden(path_name(buf_span(&l->path))));
	if ((fields & field_bit(REGISTRY_KEY_USER_COPY)) && is_of_user_copy(l))
		record_set_number(r, REGISTRY_KEY_USER_COPY, true);
	if (link_target.n)
		record_set_bytes(r, REGISTRY_KEY_LINK_TARGET, link_target);
	if ((fields & field_bit(REGISTRY_KEY_VOLATILE)) && !l->flagless &&
		registry_flags(key, &flags))
		record_set_number(r, REGISTRY_KEY_VOLATILE, flags & FLAG_VOLATILE);
	*ret_why = fields & security ? put_security(l, key, fields) : 0;
	r->has &= fields;
	return *ret_why ? fields & security : 0;
}
