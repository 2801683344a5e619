/* invar doctor: does what the product builds on work here? */
#include <shlobj.h>
#include <stdio.h>
#include <windows.h>

#include "agent/command/commands.h"
#include "agent/doctor/windows/probe.h"
#include "core/json.h"
#include "os/windows/optional.h"
#include "os/windows/wide.h"

#define KEY_ABOVE L"SOFTWARE\\Invar"
#define KEY_NAME L"doctor"
#define KEY_PATH KEY_ABOVE L"\\" KEY_NAME
#define DEPTH_MAX 16

static const char *const state_names[] = {
	[PROBE_WORKS] = "works", [PROBE_MISSING] = "missing", [PROBE_FAILED] = "failed"
};

static const struct probe *const tables[] = { probes_registry, probes_files, probes_system,
	probes_wmi };

/* ---- scratch places ---- */

static HKEY open_key(bool *ret_made_above)
{
	HKEY above = NULL, key = NULL;
	DWORD did = 0;

	*ret_made_above = false;
	if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, KEY_ABOVE, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &above,
		    &did))
		return NULL;
	*ret_made_above = did == REG_CREATED_NEW_KEY;
	(void)RegDeleteTreeW(above, KEY_NAME);
	if (RegCreateKeyExW(above, KEY_NAME, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL))
		key = NULL;
	RegCloseKey(above);
	return key;
}

static void close_key(HKEY key, bool made_above)
{
	if (key)
		RegCloseKey(key);
	(void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, KEY_PATH);
	(void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, KEY_PATH);
	if (made_above)
		(void)RegDeleteKeyW(HKEY_LOCAL_MACHINE, KEY_ABOVE);
}

static const char *make_folder(struct arena *a)
{
	wchar_t *data = NULL;
	const char *path = NULL;

	if (SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &data) == S_OK)
		path = arena_format(a, "%s\\Invar-doctor-%lu", wide_to_span_z(a, data).p,
			GetCurrentProcessId());
	CoTaskMemFree(data);
	return path && CreateDirectoryW(wide_path(a, span_of(path)), NULL) ? path : NULL;
}

/* Nothing but what probes made is there; links are removed, not followed. */
static void remove_folder(struct arena *a, const char *path, unsigned depth)
{
	WIN32_FIND_DATAW d;
	HANDLE h = FindFirstFileW(wide_path(a, span_of(arena_format(a, "%s\\*", path))), &d);

	if (h == INVALID_HANDLE_VALUE)
		return;
	do {
		const char *name = wide_to_span_z(a, d.cFileName).p;
		const char *below = arena_format(a, "%s\\%s", path, name);

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (!(d.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
			(void)DeleteFileW(wide_path(a, span_of(below)));
		else if (d.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT || depth == DEPTH_MAX)
			(void)RemoveDirectoryW(wide_path(a, span_of(below)));
		else
			remove_folder(a, below, depth + 1);
	} while (FindNextFileW(h, &d));
	FindClose(h);
	(void)RemoveDirectoryW(wide_path(a, span_of(path)));
}

/* ---- what is said ---- */

static void say_json(struct session *s, const char *name, const struct probe_result *r)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "doctor");
	json_text_member(&j, "probe", name);
	json_text_member(&j, "state", state_names[r->state]);
	if (r->code)
		json_number_member(&j, "error", r->code);
	if (r->note)
		json_text_member(&j, "text", r->note);
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

/* HRESULTs and NTSTATUS are written as people know them. */
static void say_text(struct session *s, const char *name, const struct probe_result *r)
{
	static const enum tone tones[] = { [PROBE_WORKS] = TONE_GOOD,
		[PROBE_MISSING] = TONE_FAINT,
		[PROBE_FAILED] = TONE_ALARM };
	AUTO(buf) state = BUF_INIT(64);

	buf_addf(&state, "%-8s", state_names[r->state]);
	text_tone(&s->out, &s->style, tones[r->state], buf_text(&state));
	buf_addf(&s->out, " %s", name);
	if (r->code)
		buf_addf(&s->out, r->code > 0xffff ? " (error 0x%08lx)" : " (error %lu)", r->code);
	if (r->note)
		buf_addf(&s->out, ": %s", r->note);
	buf_add_char(&s->out, '\n');
}

static unsigned run_table(struct session *s, const struct probe *table, struct probe_place *p)
{
	unsigned failed = 0;

	for (; table->name; table++) {
		bool registry = strncmp(table->name, "registry", 8) == 0;
		bool file = strncmp(table->name, "file ", 5) == 0 ||
			    strncmp(table->name, "folder ", 7) == 0;
		struct probe_result r;

		arena_clear(p->arena);
		if ((registry && !p->key) || (file && !p->folder))
			r = probe_failed(0, "no place to try it: run it as an administrator");
		else
			r = table->run(p);
		failed += r.state == PROBE_FAILED;
		(s->json ? say_json : say_text)(s, table->name, &r);
	}
	return failed;
}

static void say_system(struct session *s)
{
	typedef LONG NTAPI version_fn(OSVERSIONINFOW *);
	version_fn *version = (version_fn *)(void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
		"RtlGetVersion");
	OSVERSIONINFOW v = { .dwOSVersionInfoSize = sizeof v };

	if (s->json || !version || version(&v))
		return;
	buf_addf(&s->out, "invar %s on Windows %lu.%lu.%lu%s%s\n", INVAR_VERSION, v.dwMajorVersion,
		v.dwMinorVersion, v.dwBuildNumber, on_wine() ? ", Wine " : "", wine_version());
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	AUTO_FREE(arena) own = arena_new();
	AUTO_FREE(arena) each = arena_new();
	struct probe_place p = { .arena = each, .path = KEY_PATH };
	bool made_above;
	unsigned failed = 0;

	(void)argc, (void)argv;
	say_system(s);
	p.key = open_key(&made_above);
	p.folder = make_folder(own);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		failed += run_table(s, tables[i], &p);
		if (session_flush(s, e) < 0)
			break;
	}
	close_key(p.key, made_above);
	if (p.folder)
		remove_folder(own, p.folder, 0);
	return failed ? 1 : 0;
}

const struct command command_doctor = {
	.name = "doctor",
	.args = "",
	.text = "try everything that is built on of this Windows, and say what works",
	.about =
		"Works in a key below HKLM\\SOFTWARE\\Invar and a folder below ProgramData, and "
		"removes both. Each line says works, missing (it is done in another way) or "
		"failed, with the number of the error; nothing of this host is shown, but its name "
		"with --json. The exit status is 1 when something failed.",
	.run = run,
};
