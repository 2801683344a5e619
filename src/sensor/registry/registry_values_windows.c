/* The values of one key. */
#include "core/mem.h"
#include "os/windows/wide.h"
#include "sensor/registry/registry_look_windows.h"
#include "sensor/registry/registry_text.h"

#define FIRST_ROOM ((size_t)64 << 10)

/* HMAC-SHA256 (RFC 2104) with the secret of this installation: what changed is seen, what it is is
 * not, even where it is so short that it could be guessed. */
static void keyed(const struct look *l, struct span data, uint8_t ret[SHA256_SIZE])
{
	static const uint8_t none[SHA256_SIZE];
	const uint8_t *secret = scan_options(l->scan)->secret;
	uint8_t pad[SHA256_BLOCK] = { 0 };
	struct buf message = BUF_INIT(DATA_MAX + SHA256_BLOCK);

	memcpy(pad, secret ? secret : none, SHA256_SIZE);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36;
	buf_add(&message, pad, sizeof pad);
	buf_add_span(&message, data);
	sha256_once(message.p, message.n, ret);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	buf_clear(&message);
	buf_add(&message, pad, sizeof pad);
	buf_add(&message, ret, SHA256_SIZE);
	sha256_once(message.p, message.n, ret);
	buf_done(&message);
}

void value_facts(struct look *l, const struct found_value *v)
{
	struct record *r = l->r;

	r->has = 0;
	buf_clear(&l->text);
	registry_type_text(v->type, &l->text);
	record_set_bytes(r, REGISTRY_VALUE_TYPE, arena_copy(l->a, buf_span(&l->text)));
	record_set_number(r, REGISTRY_VALUE_SIZE, v->size);
	if (v->content != REGISTRY_TOO_LARGE)
		record_set_bytes(r, REGISTRY_VALUE_SHA256, span_from(v->sha256, SHA256_SIZE));
	if (v->data.p)
		record_set_bytes(r, REGISTRY_VALUE_DATA, v->data);
	record_set_number(r, REGISTRY_VALUE_CONTENT, v->content);
	record_set_number(r, REGISTRY_VALUE_HIDDEN_NAME, registry_name_is_hidden(v->name));
	if ((v->fields & field_bit(REGISTRY_VALUE_USER_COPY)) && is_of_user_copy(l))
		record_set_number(r, REGISTRY_VALUE_USER_COPY, true);
	r->has &= v->fields | kind_fields_with(l->kind, FIELD_DERIVED);
}

static void take_data(struct look *l, struct span key, struct span data, struct found_value *v)
{
	if (registry_is_secret(key, v->name)) {
		v->content = REGISTRY_SECRET;
		keyed(l, data, v->sha256);
		return;
	}
	if (v->fields & field_bit(REGISTRY_VALUE_SHA256))
		sha256_once(data.p, data.n, v->sha256);
	if (!(v->fields & field_bit(REGISTRY_VALUE_DATA)))
		return;
	buf_clear(&l->text);
	if (registry_data_text(v->type, data, &l->text)) {
		buf_text(&l->text); /* an empty one is text, too */
		v->data = arena_copy(l->a, buf_span(&l->text));
	}
}

/* The i-th value, whatever grew since it was asked for. *ret_n: bytes of its data; more than
 * DATA_MAX: l->data does not have them. */
static LONG value_get(struct look *l, HKEY key, DWORD i, DWORD *ret_name, DWORD *ret_type,
	DWORD *ret_n)
{
	for (;;) {
		DWORD name = REGISTRY_NAME_MAX, n = (DWORD)l->room;
		LONG rc = RegEnumValueW(key, i, l->name, &name, NULL, ret_type, l->data, &n);

		if (rc == ERROR_MORE_DATA && n > DATA_MAX) {
			name = REGISTRY_NAME_MAX;
			rc = RegEnumValueW(key, i, l->name, &name, NULL, ret_type, NULL, &n);
		} else if (rc == ERROR_MORE_DATA && l->room < DATA_MAX) {
			/* It grew meanwhile: what it says it needs may be too little again. */
			l->room = n > l->room ? n : l->room * 2;
			l->room = l->room > DATA_MAX ? DATA_MAX : l->room;
			l->data = mem_grow(l->data, l->room, 1);
			continue;
		}
		*ret_name = name;
		*ret_n = n;
		return rc;
	}
}

struct span value_text(struct look *l, struct span name)
{
	(void)path_text(l);
	buf_add_char(&l->key, '\\');
	registry_name_double(name, &l->key);
	return buf_span(&l->key);
}

static struct found_value *value_new(struct look *l, struct span key, DWORD name_n, uint64_t fields,
	DWORD type, DWORD n)
{
	struct found_value *v = arena_get(l->a, sizeof *v);

	v->name = wide_to_span(l->a, l->name, name_n);
	v->fields = fields;
	v->type = type;
	v->size = n;
	if (n > DATA_MAX)
		v->content = REGISTRY_TOO_LARGE;
	else
		take_data(l, key, span_from(l->data, n), v);
	return v;
}

/* NULL: no rule holds it. */
static struct found_value *value_look(struct look *l, const struct scope *inside, struct span key,
	DWORD name_n, DWORD type, DWORD n)
{
	struct selection sel;
	struct found_value *v;

	buf_clear(&l->text);
	wide_to_text(l->name, name_n, &l->text);
	if (l->only.p && !span_same(buf_span(&l->text), l->only))
		return NULL;
	if (!l->selector->name(inside, buf_span(&l->text), &sel))
		return NULL;
	v = value_new(l, key, name_n, sel.fields, type, n);
	if (!sel.tentative)
		return v;
	value_facts(l, v);
	l->r->key = value_text(l, v->name);
	return l->selector->settle(&sel, l->r) ? v : NULL;
}

/* One value, by its name: of ten thousand that are asked for one by one, each is not to be looked
 * for among all. False: its name holds a NUL, which only the list has. */
static bool value_by_name(struct look *l, HKEY key, const struct scope *inside, struct span path,
	struct found_value **ret, LONG *ret_rc)
{
	size_t units;
	const wchar_t *name = wide_from_text(l->a, l->only, &units);
	DWORD type, n;
	LONG rc;

	if (units >= REGISTRY_NAME_MAX || wmemchr(name, 0, units))
		return false;
	for (;;) {
		n = (DWORD)l->room;
		rc = RegQueryValueExW(key, name, NULL, &type, l->data, &n);
		if (rc != ERROR_MORE_DATA || n > DATA_MAX || l->room == DATA_MAX)
			break;
		l->room = n > l->room ? n : l->room * 2;
		l->room = l->room > DATA_MAX ? DATA_MAX : l->room;
		l->data = mem_grow(l->data, l->room, 1);
	}
	*ret_rc = rc == ERROR_FILE_NOT_FOUND ? 0 : rc;
	if (rc != 0 && !(rc == ERROR_MORE_DATA && n > DATA_MAX))
		return true;
	*ret_rc = 0;
	wmemcpy(l->name, name, units);
	*ret = value_look(l, inside, path, (DWORD)units, type, n);
	return true;
}

LONG key_values(struct look *l, HKEY key, const struct scope *inside, struct found_value **ret)
{
	struct span path = arena_copy(l->a, path_text(l));
	struct found_value **end = ret;
	LONG by_name = 0;

	*ret = NULL;
	if (!l->data) {
		l->room = FIRST_ROOM;
		l->data = mem_new(l->room);
	}
	if (l->only.p && value_by_name(l, key, inside, path, ret, &by_name))
		return by_name;
	for (DWORD i = 0; i < VALUES_MAX; i++) {
		DWORD name_n, type, n;
		LONG rc = value_get(l, key, i, &name_n, &type, &n);

		if (rc == ERROR_NO_MORE_ITEMS)
			return 0;
		if (rc != 0)
			return rc;
		*end = value_look(l, inside, path, name_n, type, n);
		if (*end)
			end = &(*end)->next;
		scan_alive(l->scan);
	}
	return ERROR_NOT_ENOUGH_QUOTA;
}
