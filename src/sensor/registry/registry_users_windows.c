/* HKU shows the hives of users who are logged on. Who is not is still in the list of profiles: that
 * what is below is not there now says nothing. */
#include "core/fold.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"
#include "sensor/registry/registry_look_windows.h"

#define PROFILES "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"
#define CLASSES "_Classes"
#define UNLOAD_TRIES 20 /* of 50 ms: what still holds it is a virus scanner */
#define FILE_UNITS 4096

/* The two hives of one user. */
static const struct hive_file {
	const char *suffix;
	const wchar_t *file; /* below the profile's folder */
} files[] = {
	{ "", L"\\NTUSER.DAT" },
	{ CLASSES, L"\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat" },
};

bool users_is_ours(const wchar_t *name)
{
	return wcsncmp(name, OFFLINE_PREFIX, ARRAY_LEN(OFFLINE_PREFIX) - 1) == 0;
}

static struct span without_suffix(struct span sid)
{
	size_t n = sizeof CLASSES - 1;

	if (sid.n > n && fold_same(span_from_offset(sid, sid.n - n), span_of(CLASSES)))
		sid.n -= n;
	return sid;
}

static bool is_loaded(const wchar_t *name)
{
	HKEY key;
	LONG rc = RegOpenKeyExW(HKEY_USERS, name, 0, KEY_READ, &key);

	if (rc == 0)
		RegCloseKey(key);
	return !registry_is_gone(rc);
}

bool users_is_away(struct span sid)
{
	AUTO_FREE(arena) a = arena_new();
	wchar_t *name = wide_from_text(a, without_suffix(sid), NULL);
	HKEY list, profile;
	bool away = false;

	if (registry_open_path(span_of(PROFILES), 0, &list) != 0)
		return false;
	if (registry_open(list, name, wcslen(name), 0, &profile) == 0) {
		RegCloseKey(profile);
		away = true;
	}
	RegCloseKey(list);
	return away;
}

/* The hive of somebody who is logged on may be missing alone: that of the classes is loaded by
 * itself. */
const char *users_why_away(struct span sid)
{
	AUTO_FREE(arena) a = arena_new();

	return is_loaded(wide_from_text(a, without_suffix(sid), NULL))
		       ? "this hive of the user is not loaded: not evaluated"
		       : "the user is logged off: not evaluated";
}

/* ---- hives that we load ---- */

static LONG unload(const wchar_t *name)
{
	LONG rc = RegUnLoadKeyW(HKEY_USERS, name);

	for (int i = 0; rc == ERROR_ACCESS_DENIED && i < UNLOAD_TRIES; i++) {
		Sleep(50);
		rc = RegUnLoadKeyW(HKEY_USERS, name);
	}
	return rc;
}

void users_tidy(void)
{
	wchar_t name[REGISTRY_NAME_MAX];
	DWORD n = REGISTRY_NAME_MAX;

	for (DWORD i = 0; RegEnumKeyExW(HKEY_USERS, i, name, &n, NULL, NULL, NULL, NULL) == 0;
		n = REGISTRY_NAME_MAX)
		if (!users_is_ours(name) || !privilege_take(L"SeRestorePrivilege") ||
			unload(name) != 0)
			i++; /* the next one; else the one that moved up */
}

static bool file_of(HKEY profile, const wchar_t *file, wchar_t ret[FILE_UNITS])
{
	wchar_t raw[FILE_UNITS / 2];
	DWORD n = sizeof raw, units;

	if (RegGetValueW(profile, NULL, L"ProfileImagePath",
		    RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, raw, &n) != 0)
		return false;
	units = ExpandEnvironmentStringsW(raw, ret, FILE_UNITS);
	if (units == 0 || units + wcslen(file) >= FILE_UNITS)
		return false;
	wcscat(ret, file);
	return true;
}

static bool may_load(void)
{
	return privilege_take(L"SeBackupPrivilege") && privilege_take(L"SeRestorePrivilege");
}

/* Say what is in a hive of a user who is logged off; true: it was said, or there is none. */
static bool walk_file(struct look *l, HKEY profile, const wchar_t *sid, const struct hive_file *f,
	struct span name, struct scope *inside)
{
	wchar_t file[FILE_UNITS], as[300];
	HKEY key;
	LONG rc;

	if (wcslen(sid) > 200 || !may_load() || !file_of(profile, f->file, file))
		return false;
	wcscpy(as, OFFLINE_PREFIX);
	wcscat(as, sid);
	rc = RegLoadKeyW(HKEY_USERS, as, file);
	if (rc != 0)
		return registry_is_gone(rc);
	rc = registry_open(HKEY_USERS, as, wcslen(as), l->how, &key);
	if (rc == 0) {
		walk_hive(l, key, name, inside);
		RegCloseKey(key);
	}
	if (unload(as) != 0)
		look_gap_as(l, GAP_IO, false, "a user's hive that was loaded stays loaded");
	return rc == 0;
}

/* ---- who is not there ---- */

static bool is_selected(struct look *l, struct scope *inside, struct span name)
{
	struct selection sel;
	struct scope *below;

	if (!l->values && l->selector->name(inside, name, &sel))
		return true;
	below = l->selector->enter(inside, name, false);
	l->selector->leave(below);
	return below != NULL;
}

static void look_at_file(struct look *l, HKEY profile, const wchar_t *sid,
	const struct hive_file *f, struct scope *inside)
{
	AUTO(buf) name = BUF_INIT(PATH_MAX_BYTES);
	AUTO_FREE(arena) a = arena_new();
	bool offline;

	wide_to_text(sid, wcslen(sid), &name);
	if (!registry_is_user(buf_span(&name)))
		return;
	buf_add_text(&name, f->suffix);
	if (!is_selected(l, inside, buf_span(&name)) ||
		is_loaded(wide_from_text(a, buf_span(&name), NULL)))
		return;
	(void)path_push(l, buf_span(&name));
	offline = registry_reaches_offline(&l->bases, buf_span(&l->path));
	path_pop(l);
	if (offline && walk_file(l, profile, sid, f, buf_span(&name), inside))
		return;
	(void)path_push(l, buf_span(&name));
	look_gap_as(l, GAP_AWAY, true,
		offline ? "the hive could not be loaded: not evaluated"
			: users_why_away(buf_span(&name)));
	path_pop(l);
}

void users_walk(struct look *l, struct scope *inside)
{
	AUTO(buf) names = BUF_INIT((size_t)64 << 20);
	struct span rest;
	HKEY list, profile;
	DWORD n;
	LONG rc = registry_open_path(span_of(PROFILES), l->how, &list);

	if (rc == 0) {
		rc = key_children(l, list, &names);
		if (rc != 0)
			RegCloseKey(list);
	}
	if (rc != 0) {
		/* Who is gone and who is only logged off cannot be told apart. */
		if (!registry_is_gone(rc))
			look_gap(l, rc, true, "cannot read the list of profiles");
		return;
	}
	for (rest = buf_span(&names); rest.n && !scan_stopped(l->scan);
		rest = span_from_offset(rest, sizeof n + (n + 1) * sizeof(wchar_t))) {
		const wchar_t *sid = (const wchar_t *)(const void *)(rest.p + sizeof n);

		memcpy(&n, rest.p, sizeof n);
		if (registry_open(list, sid, n, l->how, &profile) != 0)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			look_at_file(l, profile, sid, &files[i], inside);
		RegCloseKey(profile);
	}
	RegCloseKey(list);
}
