/* The event log of Windows: what is severe, lost or refused, for those who look there. */
#include <stdlib.h>

#include "agent/service/windows/agent_windows.h"
#include "agent/service/windows/events.h"
#include "core/mem.h"
#include "os/windows/fault.h"
#include "os/windows/wide.h"
#include "output/output.h"

#define TEXT_MAX_BYTES ((size_t)24 << 10) /* an event takes 31,839 characters */
#define SOURCE_KEY L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" SERVICE_NAME_W
#define SERVICE_NAME_W L"Invar"
#define MOST 200 /* a minute: more would push out what others wrote */
#define MINUTE_MS 60000
#define TYPES (EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE)

struct eventlog {
	HANDLE source;
	enum severity threshold;
	ULONGLONG minute; /* GetTickCount64 in minutes; in it: */
	unsigned reported, left_out;
};

struct eventlog *eventlog_open(enum severity threshold)
{
	HANDLE source = RegisterEventSourceW(NULL, SERVICE_NAME_W);
	struct eventlog *l;

	if (!source)
		return NULL;
	l = mem_new(sizeof *l);
	l->source = source;
	l->threshold = threshold;
	return l;
}

/* The two upper bits of a message's number are its severity (winerror.h). */
static WORD type_of(DWORD event)
{
	static const WORD types[] = { EVENTLOG_SUCCESS, EVENTLOG_INFORMATION_TYPE,
		EVENTLOG_WARNING_TYPE, EVENTLOG_ERROR_TYPE };

	return types[event >> 30];
}

/* Nobody to tell when it fails: the ledger has it. */
static void report(struct eventlog *l, DWORD event, struct span text)
{
	AUTO_FREE(arena) a = arena_new();
	const wchar_t *strings[1];
	size_t n = text.n < TEXT_MAX_BYTES ? text.n : TEXT_MAX_BYTES;

	while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--; /* not in the middle of a letter */
	strings[0] = wide_from_text(a, span_from(text.p, n), NULL);
	(void)ReportEventW(l->source, type_of(event), 0, event, NULL, 1, 0, strings, NULL);
}

static void say_left_out(struct eventlog *l)
{
	AUTO(buf) text = BUF_INIT(256);

	if (!l->left_out)
		return;
	buf_addf(&text, "%u more records are in the ledger only; see: invar log", l->left_out);
	report(l, EVENT_NOTE, buf_span(&text));
	l->left_out = 0;
}

static bool has_room(struct eventlog *l)
{
	ULONGLONG minute = GetTickCount64() / MINUTE_MS;

	if (minute != l->minute) {
		say_left_out(l);
		l->minute = minute;
		l->reported = 0;
	}
	l->left_out += l->reported == MOST;
	return l->reported < MOST && ++l->reported;
}

void eventlog_close(struct eventlog *l)
{
	if (!l)
		return;
	say_left_out(l);
	DeregisterEventSource(l->source);
	free(l);
}

/* What a note is, by its word (change/change.h); others are not for the event log. */
static const struct {
	const char *what;
	DWORD event;
} notes[] = {
	{ "agent-start", EVENT_STARTED },
	{ "agent-stop", EVENT_STOPPED },
	{ NOTE_POLICY, EVENT_POLICY },
	{ "policy-refused", EVENT_POLICY_REFUSED },
	{ "scan-failed", EVENT_NOTE },
	{ "store-damaged", EVENT_DAMAGED },
	{ NOTE_MISSING, EVENT_NOTE },
};

/* 0: none. */
static DWORD event_of(const struct eventlog *l, const struct ledger_record *r)
{
	static const DWORD changes[SEVERITY_N] = { EVENT_CHANGE_INFO, EVENT_CHANGE_LOW,
		EVENT_CHANGE_MEDIUM, EVENT_CHANGE_HIGH, EVENT_CHANGE_CRITICAL };
	static const DWORD others[RECORD_TYPE_N] = { [RECORD_GAP] = EVENT_GAP,
		[RECORD_LOSS] = EVENT_LOSS,
		[RECORD_REPAIR] = EVENT_REPAIR,
		[RECORD_DECISION] = EVENT_DECISION };

	if (r->type == RECORD_CHANGE)
		return r->change.severity >= l->threshold &&
				       r->change.verdict == VERDICT_UNEXPLAINED
			       ? changes[r->change.severity]
			       : 0;
	for (size_t i = 0; r->type == RECORD_NOTE && i < ARRAY_LEN(notes); i++)
		if (span_is(r->note.what, notes[i].what))
			return notes[i].event;
	return others[r->type];
}

void eventlog_record(struct eventlog *l, const struct ledger_record *r)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	struct text_style style = { .now = r->time, .who_never = true };
	DWORD event = l ? event_of(l, r) : 0;

	if (!event || !has_room(l))
		return;
	text_record(&text, r, &style);
	report(l, event, buf_span(&text));
}

void eventlog_failed(struct eventlog *l, const struct err *why)
{
	if (l)
		report(l, why->code == ERR_DAMAGED ? EVENT_DAMAGED : EVENT_FAILED,
			span_of(why->text));
}

/* ---- the source ---- */

int eventlog_register(const char *program, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	size_t n;
	const wchar_t *path = wide_from_text(a, span_of(program), &n);
	DWORD types = TYPES;
	HKEY key;
	LSTATUS rc = RegCreateKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, 0, NULL, 0, KEY_SET_VALUE,
		NULL, &key, NULL);

	if (rc)
		return err_windows(e, (DWORD)rc, "cannot register the event log's source");
	rc = RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)path,
		(DWORD)((n + 1) * sizeof *path));
	if (!rc)
		rc = RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types,
			sizeof types);
	RegCloseKey(key);
	return rc ? err_windows(e, (DWORD)rc, "cannot register the event log's source") : 0;
}

int eventlog_unregister(struct err *e)
{
	LSTATUS rc = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, SOURCE_KEY, 0, 0);

	if (rc && rc != ERROR_FILE_NOT_FOUND)
		return err_windows(e, (DWORD)rc, "cannot remove the event log's source");
	return 0;
}
