/* How one service is configured: each level that this system knows. */
#include "host/windows/services.h"

#include <windows.h>

#include "core/attr.h"
#include "host/windows/service_copy.h"
#include "host/windows/service_name.h"
#include "host/windows/state.h"
#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"

/* Headers of MinGW-w64 10 leave these out; as in winsvc.h of the SDK. */
struct trigger_item {
	DWORD type; /* 1: binary, 2: string, 3: level, 4 and 5: keywords */
	DWORD bytes;
	const BYTE *data;
};
struct trigger {
	DWORD type, action;
	const GUID *subtype;
	DWORD n_items;
	const struct trigger_item *items;
};
struct triggers {
	DWORD n;
	const struct trigger *list;
	const BYTE *reserved;
};
#define TRIGGER_STRING 2

#define CONFIG_BYTES ((size_t)1 << 20) /* of one level */
#define ITEMS_MAX 256                  /* of one list */
#define TEXT_UNITS 8192                /* of one text of its key */

struct asking {
	SC_HANDLE service;
	struct arena *a;
	struct buf level;
};

static size_t bounded(size_t n)
{
	return n < ITEMS_MAX ? n : ITEMS_MAX;
}

/* NULL: this system does not know the level, or does not tell. */
static const void *level(struct asking *q, DWORD which)
{
	DWORD need = 0;
	BYTE *at;

	buf_clear(&q->level);
	if (QueryServiceConfig2W(q->service, which, NULL, 0, &need) ||
		GetLastError() != ERROR_INSUFFICIENT_BUFFER || need == 0)
		return NULL;
	at = (BYTE *)buf_room(&q->level, need);
	return at && QueryServiceConfig2W(q->service, which, at, need, &need) ? at : NULL;
}

/* A text that ends the list is empty. */
static size_t texts_of(const wchar_t *w, struct arena *a, const struct span **ret)
{
	struct span *list = w && *w ? arena_get(a, ITEMS_MAX * sizeof *list) : NULL;
	size_t n = 0;

	for (; list && *w && n < ITEMS_MAX; w += wcslen(w) + 1)
		list[n++] = wide_to_span_z(a, w);
	*ret = list;
	return n;
}

static struct scm_level number(uint32_t n)
{
	return (struct scm_level){ .value = n, .has = true };
}

static int ask_config(struct asking *q, struct scm_config *c, struct err *e)
{
	const QUERY_SERVICE_CONFIGW *x;
	DWORD need = 0;
	BYTE *at = NULL;

	if (!QueryServiceConfigW(q->service, NULL, 0, &need) &&
		GetLastError() == ERROR_INSUFFICIENT_BUFFER)
		at = (BYTE *)buf_room(&q->level, need);
	if (!at ||
		!QueryServiceConfigW(q->service, (QUERY_SERVICE_CONFIGW *)(void *)at, need, &need))
		return err_windows(e, GetLastError(), "cannot ask how a service is configured");
	x = (const void *)at;
	c->type = x->dwServiceType;
	c->start = x->dwStartType;
	c->error_control = x->dwErrorControl;
	c->tag = x->dwTagId;
	c->image = wide_to_span_z(q->a, x->lpBinaryPathName);
	c->group = wide_to_span_z(q->a, x->lpLoadOrderGroup);
	c->account = wide_to_span_z(q->a, x->lpServiceStartName);
	c->n_depends = texts_of(x->lpDependencies, q->a, &c->depends);
	return 0;
}

static void ask_actions(struct asking *q, struct scm_config *c)
{
	const SERVICE_FAILURE_ACTIONSW *x = level(q, SERVICE_CONFIG_FAILURE_ACTIONS);
	struct scm_level *list;
	size_t n;

	if (!x)
		return;
	n = bounded(x->lpsaActions ? x->cActions : 0);
	list = arena_get(q->a, (n ? n : 1) * 2 * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		list[i * 2] = number((uint32_t)x->lpsaActions[i].Type);
		list[i * 2 + 1] = number(x->lpsaActions[i].Delay);
	}
	c->actions = list;
	c->n_actions = n;
	c->reset = number(x->dwResetPeriod);
	c->reboot_message = wide_to_span_z(q->a, x->lpRebootMsg);
	c->failure_command = wide_to_span_z(q->a, x->lpCommand);
}

/* Strings are UTF-16, one or several, each with its NUL. */
static struct scm_trigger_data data_from(const struct trigger_item *x, struct arena *a)
{
	struct scm_trigger_data d = { .is_text = x->type == TRIGGER_STRING };
	size_t n = x->data ? x->bytes : 0;
	struct span text;
	char *p;

	if (!d.is_text) {
		d.bytes = arena_copy(a, span_from(x->data, n));
		return d;
	}
	n /= sizeof(wchar_t);
	while (n && ((const wchar_t *)(const void *)x->data)[n - 1] == 0)
		n--;
	text = wide_to_span(a, (const wchar_t *)(const void *)x->data, n);
	/* The NULs between several strings came as C0 80. */
	p = arena_get(a, text.n + 1);
	d.bytes.p = p;
	for (size_t i = 0; i < text.n; i++)
		if (i + 1 < text.n && text.p[i] == '\xc0' && text.p[i + 1] == '\x80') {
			p[d.bytes.n++] = ';';
			i++;
		} else {
			p[d.bytes.n++] = text.p[i];
		}
	return d;
}

static void ask_triggers(struct asking *q, struct scm_config *c)
{
	const struct triggers *x = level(q, SERVICE_CONFIG_TRIGGER_INFO);
	struct scm_trigger_entry *list;
	size_t n;

	if (!x)
		return;
	c->has_triggers = true;
	n = bounded(x->list ? x->n : 0);
	list = arena_get(q->a, (n ? n : 1) * sizeof *list);
	for (size_t i = 0; i < n; i++) {
		const struct trigger *t = &x->list[i];
		size_t items = bounded(t->items ? t->n_items : 0);
		struct scm_trigger_data *data = arena_get(q->a, (items ? items : 1) * sizeof *data);

		list[i] = (struct scm_trigger_entry){ .type = t->type,
			.action = t->action,
			.data = data,
			.n_data = items };
		if (t->subtype)
			list[i].subtype = (const uint8_t *)arena_copy(q->a,
				span_from(t->subtype, sizeof(GUID)))
						  .p;
		for (size_t k = 0; k < items; k++)
			data[k] = data_from(&t->items[k], q->a);
	}
	c->triggers = list;
	c->n_triggers = n;
}

static void ask_levels(struct asking *q, struct scm_config *c)
{
	const struct {
		DWORD which;
		struct scm_level *ret; /* the level is one number */
	} rows[] = { { SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &c->delayed },
		{ SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &c->on_stop },
		{ SERVICE_CONFIG_SERVICE_SID_INFO, &c->sid_type },
		{ SERVICE_CONFIG_PRESHUTDOWN_INFO, &c->preshutdown },
		{ SERVICE_CONFIG_LAUNCH_PROTECTED, &c->protection } };
	const SERVICE_REQUIRED_PRIVILEGES_INFOW *rights;
	const SERVICE_DESCRIPTIONW *text = level(q, SERVICE_CONFIG_DESCRIPTION);

	if (text)
		c->description = wide_to_span_z(q->a, text->lpDescription);
	rights = level(q, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO);
	if (rights)
		c->n_privileges = texts_of(rights->pmszRequiredPrivileges, q->a, &c->privileges);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const DWORD *x = level(q, rows[i].which);

		if (x)
			*rows[i].ret = number(*x);
	}
	ask_actions(q, c);
	ask_triggers(q, c);
}

static void ask_dacl(struct asking *q, struct scm_config *c)
{
	AUTO(buf) text = BUF_INIT(CONFIG_BYTES);
	struct descriptor d;
	DWORD need = 0;
	BYTE *at;

	if (QueryServiceObjectSecurity(q->service, DACL_SECURITY_INFORMATION, NULL, 0, &need) ||
		GetLastError() != ERROR_INSUFFICIENT_BUFFER)
		return;
	buf_clear(&q->level);
	at = (BYTE *)buf_room(&q->level, need);
	if (!at ||
		!QueryServiceObjectSecurity(q->service, DACL_SECURITY_INFORMATION, at, need,
			&need) ||
		!descriptor_parse(span_from(at, need), &d))
		return;
	acl_to_text(&d, 'd', &text);
	c->dacl = arena_copy(q->a, buf_span(&text));
}

/* ---- its key ---- */

/* Without what stands behind its first NUL; empty: there is none, or it is no text. */
static struct span key_text(HKEY key, const wchar_t *name, struct arena *a)
{
	wchar_t *w = arena_get(a, (TEXT_UNITS + 1) * sizeof *w);
	DWORD type = 0, bytes = TEXT_UNITS * sizeof *w;

	if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)w, &bytes) != ERROR_SUCCESS ||
		(type != REG_SZ && type != REG_EXPAND_SZ))
		return SPAN_NONE;
	return wide_to_span_z(a, w);
}

static void key_texts(HKEY key, struct scm_config *c, struct arena *a)
{
	wchar_t *w = arena_get(a, (TEXT_UNITS + 2) * sizeof *w);
	DWORD type = 0, bytes = TEXT_UNITS * sizeof *w;

	if (RegQueryValueExW(key, L"Environment", NULL, &type, (BYTE *)w, &bytes) ==
			ERROR_SUCCESS &&
		type == REG_MULTI_SZ)
		c->n_environment = texts_of(w, a, &c->environment);
}

/* NULL: it has none, or not for us. */
static HKEY own_key(struct span name, struct arena *a)
{
	const char *path =
		arena_format(a, "SYSTEM\\CurrentControlSet\\Services\\%s", arena_text(a, name));
	HKEY key;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, wide_from_text(a, span_of(path), NULL), 0,
		    KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS, &key) != ERROR_SUCCESS)
		return NULL;
	return key;
}

static void ask_key(const struct scm_entry *x, struct scm_config *c, struct arena *a)
{
	HKEY key = own_key(x->name, a), parameters;

	if (!key)
		return;
	key_texts(key, c, a);
	/* svchost takes it from its key where there is none below Parameters */
	c->service_dll = key_text(key, L"ServiceDll", a);
	if (RegOpenKeyExW(key, L"Parameters", 0, KEY_QUERY_VALUE, &parameters) == ERROR_SUCCESS) {
		struct span dll = key_text(parameters, L"ServiceDll", a);

		if (dll.n)
			c->service_dll = dll;
		c->service_main = key_text(parameters, L"ServiceMain", a);
		RegCloseKey(parameters);
	}
	RegCloseKey(key);
	if (c->service_dll.n)
		c->service_dll = expanded(c->service_dll, a);
}

int host_service_config(struct host *h, const struct scm_entry *x, struct arena *a,
	struct scm_config *ret, struct err *e)
{
	struct asking q = { .a = a, .level = BUF_INIT(CONFIG_BYTES) };
	SC_HANDLE manager = services_manager(h, e);
	struct scm_config c = { 0 };
	int rc;

	if (!manager)
		return e->code;
	q.service = OpenServiceW(manager, wide_from_text(a, x->name, NULL),
		SERVICE_QUERY_CONFIG | READ_CONTROL);
	if (!q.service) /* its descriptor may be kept from us alone */
		q.service = OpenServiceW(manager, wide_from_text(a, x->name, NULL),
			SERVICE_QUERY_CONFIG);
	if (!q.service && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST)
		return err_set(e, ERR_MISSING, "service '%s' is no more", arena_text(a, x->name));
	if (!q.service)
		return err_windows(e, GetLastError(), "cannot open service '%s'",
			arena_text(a, x->name));
	rc = ask_config(&q, &c, e);
	if (rc == 0) {
		ask_levels(&q, &c);
		ask_dacl(&q, &c);
		ask_key(x, &c, a);
		*ret = c;
	}
	CloseServiceHandle(q.service);
	buf_done(&q.level);
	return rc;
}

static bool key_has_type(struct span name, DWORD type, struct arena *a)
{
	HKEY key = own_key(name, a);
	DWORD is = 0, bytes = sizeof is;
	bool same;

	if (!key)
		return false;
	same = RegGetValueW(key, NULL, L"Type", RRF_RT_REG_DWORD, NULL, &is, &bytes) ==
		       ERROR_SUCCESS &&
	       (is | SERVICE_WIN32_OWN_PROCESS) == (type | SERVICE_WIN32_OWN_PROCESS);
	RegCloseKey(key);
	return same;
}

bool host_service_is_copy(struct host *h, struct span name, struct arena *a)
{
	struct scm_entry copy = { .name = name };
	struct scm_entry template = { .name = service_template_name(name) };
	struct scm_config of_copy, of_template;
	struct err e;

	return template.name.n && host_service_config(h, &copy, a, &of_copy, &e) == 0 &&
	       host_service_config(h, &template, a, &of_template, &e) == 0 &&
	       service_copy_is_of(&of_copy, &of_template) && key_has_type(name, of_copy.type, a);
}
