#include "sensor/user/local_windows.h"

#include "core/buf.h"
#include "host/windows/hive.h"
#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"

#define PRODUCT "HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions"
#define PAGES_MAX 100000

static bool is_domain_controller(struct arena *a)
{
	AUTO_HIVE h = NULL;
	struct hive_values v;
	struct err e;

	return hive_open(PRODUCT, HIVE_64, &h, &e) == 0 && hive_values(h, a, &v, &e) == 0 &&
	       span_is(hive_text(&v, "ProductType"), "LanmanNT");
}

int local_open(struct local *ret, struct arena *a, struct err *e)
{
	*ret = (struct local){ .arena = a };
	if (is_domain_controller(a))
		return err_set(e, ERR_MISSING,
			"a domain controller: its accounts are the domain's and are not listed");
	return netapi_open(&ret->api, e);
}

struct span local_sid(struct arena *a, PSID sid)
{
	AUTO(buf) text = BUF_INIT(256);

	if (!sid || !IsValidSid(sid) || !sid_to_text(span_from(sid, GetLengthSid(sid)), &text))
		return SPAN_NONE;
	return arena_copy(a, buf_span(&text));
}

/* Names that this computer itself has are found here, before any domain is thought of. */
struct span local_sid_of(struct arena *a, const wchar_t *name)
{
	BYTE sid[SECURITY_MAX_SID_SIZE];
	wchar_t domain[256];
	DWORD n_sid = sizeof sid, n_domain = ARRAY_LEN(domain);
	SID_NAME_USE use;

	if (!LookupAccountNameW(NULL, name, sid, &n_sid, domain, &n_domain, &use))
		return SPAN_NONE;
	return local_sid(a, sid);
}

static const wchar_t *keep_wide(struct arena *a, const wchar_t *w)
{
	size_t n = wcslen(w) + 1;
	wchar_t *copy = arena_get(a, n * sizeof *copy);

	memcpy(copy, w, n * sizeof *copy);
	return copy;
}

/* What a list function said: 0 the end, 1 there is more, else an error. A page that is empty and
 * promises more would never end. */
static int page_end(NET_API_STATUS status, DWORD n, const char *what, struct err *e)
{
	if (status == NERR_Success)
		return 0;
	if (status == ERROR_MORE_DATA && n > 0)
		return 1;
	return err_windows(e, status, "cannot list %s", what);
}

int local_users(struct local *l, struct err *e)
{
	AUTO(buf) list = BUF_INIT(LOCAL_ACCOUNTS_MAX * sizeof(struct local_user));
	DWORD resume = 0;
	int more = 1;

	while (more == 1) {
		USER_INFO_0 *page = NULL;
		DWORD n = 0, total = 0;
		NET_API_STATUS s = l->api->user_enum(NULL, 0, 0, (LPBYTE *)&page,
			MAX_PREFERRED_LENGTH, &n, &total, &resume);

		more = page_end(s, n, "users", e);
		for (DWORD i = 0; more >= 0 && page && i < n; i++) {
			struct local_user one = { .wide = keep_wide(l->arena, page[i].usri0_name) };

			one.name = wide_to_span_z(l->arena, one.wide);
			buf_add(&list, &one, sizeof one);
		}
		if (page)
			l->api->free(page);
		if (list.full)
			return err_set(e, ERR_LIMIT, "more than %zu users", LOCAL_ACCOUNTS_MAX);
	}
	if (more < 0)
		return more;
	l->n_users = list.n / sizeof(struct local_user);
	l->user = arena_get(l->arena, list.n + 1);
	if (list.n)
		memcpy(l->user, list.p, list.n);
	return 0;
}

static int members_of(struct local *l, const wchar_t *group, struct buf *list, struct err *e)
{
	DWORD_PTR resume = 0;
	int more = 1;

	while (more == 1) {
		LOCALGROUP_MEMBERS_INFO_0 *page = NULL;
		DWORD n = 0, total = 0;
		NET_API_STATUS s = l->api->group_members(NULL, group, 0, (LPBYTE *)&page,
			MAX_PREFERRED_LENGTH, &n, &total, &resume);

		more = page_end(s, n, "the members of a group", e);
		for (DWORD i = 0; more >= 0 && page && i < n; i++) {
			struct span sid = local_sid(l->arena, page[i].lgrmi0_sid);

			if (sid.n)
				buf_add(list, &sid, sizeof sid);
		}
		if (page)
			l->api->free(page);
		if (list->full || l->n_members + list->n / sizeof(struct span) > LOCAL_MEMBERS_MAX)
			return err_set(e, ERR_LIMIT, "more than %zu members", LOCAL_MEMBERS_MAX);
	}
	return more;
}

static void add_group(struct local *l, struct buf *groups, const LOCALGROUP_INFO_1 *info)
{
	AUTO(buf) list = BUF_INIT(LOCAL_MEMBERS_MAX * sizeof(struct span));
	struct local_group g = { .name = wide_to_span_z(l->arena, info->lgrpi1_name),
		.comment = wide_to_span_z(l->arena, info->lgrpi1_comment),
		.sid = local_sid_of(l->arena, info->lgrpi1_name) };

	g.whole = members_of(l, info->lgrpi1_name, &list, &g.why) == 0;
	if (!g.whole && g.why.sys == NERR_GroupNotFound)
		return; /* gone meanwhile */
	if (g.whole) {
		g.n_members = list.n / sizeof(struct span);
		g.member = arena_get(l->arena, list.n + 1);
		if (list.n)
			memcpy(g.member, list.p, list.n);
		l->n_members += g.n_members;
	}
	buf_add(groups, &g, sizeof g);
}

int local_groups(struct local *l, struct err *e)
{
	AUTO(buf) list = BUF_INIT(LOCAL_ACCOUNTS_MAX * sizeof(struct local_group));
	DWORD_PTR resume = 0;
	int more = 1;

	while (more == 1) {
		LOCALGROUP_INFO_1 *page = NULL;
		DWORD n = 0, total = 0;
		NET_API_STATUS s = l->api->group_enum(NULL, 1, (LPBYTE *)&page,
			MAX_PREFERRED_LENGTH, &n, &total, &resume);

		more = page_end(s, n, "groups", e);
		for (DWORD i = 0; more >= 0 && page && i < n; i++)
			add_group(l, &list, &page[i]);
		if (page)
			l->api->free(page);
		if (list.full)
			return err_set(e, ERR_LIMIT, "more than %zu groups", LOCAL_ACCOUNTS_MAX);
	}
	if (more < 0)
		return more;
	l->n_groups = list.n / sizeof(struct local_group);
	l->group = arena_get(l->arena, list.n + 1);
	if (list.n)
		memcpy(l->group, list.p, list.n);
	return 0;
}
