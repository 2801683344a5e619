#include "sensor/service/service_scm.h"

#include "core/attr.h"

#define ITEM_MAX 128 /* bytes of a trigger's data that are shown */
#define GUID_BYTES 16

/* SERVICE_… of winnt.h */
#define TYPE_KERNEL_DRIVER 0x1u
#define TYPE_FILE_SYSTEM_DRIVER 0x2u
#define TYPE_ADAPTER 0x4u
#define TYPE_RECOGNIZER_DRIVER 0x8u
#define TYPE_OWN_PROCESS 0x10u
#define TYPE_SHARE_PROCESS 0x20u
#define TYPE_USER 0x40u
#define TYPE_USER_INSTANCE 0x80u
#define TYPE_INTERACTIVE 0x100u
#define TYPE_PACKAGED 0x200u

#define EXIT_SPECIFIC 1066u      /* ERROR_SERVICE_SPECIFIC_ERROR */
#define EXIT_NEVER_STARTED 1077u /* ERROR_SERVICE_NEVER_STARTED */

#define WORD(list, n) ((n) < ARRAY_LEN(list) ? (list)[n] : NULL)

void scm_type_to_text(uint32_t type, struct buf *ret)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} rows[] = { { TYPE_KERNEL_DRIVER, "kernel-driver" },
		{ TYPE_FILE_SYSTEM_DRIVER, "file-system-driver" }, { TYPE_ADAPTER, "adapter" },
		{ TYPE_RECOGNIZER_DRIVER, "recognizer-driver" },
		{ TYPE_OWN_PROCESS, "own-process" }, { TYPE_SHARE_PROCESS, "share-process" },
		{ TYPE_USER, "user" }, { TYPE_USER_INSTANCE, "user-instance" },
		{ TYPE_INTERACTIVE, "interactive" }, { TYPE_PACKAGED, "packaged" } };
	size_t before = ret->n;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!(type & rows[i].bit))
			continue;
		buf_addf(ret, "%s%s", ret->n > before ? ", " : "", rows[i].text);
		type &= ~rows[i].bit;
	}
	if (type || ret->n == before)
		buf_addf(ret, "%s0x%x", ret->n > before ? ", " : "", type);
}

bool scm_is_driver(uint32_t type)
{
	return (type & (TYPE_KERNEL_DRIVER | TYPE_FILE_SYSTEM_DRIVER | TYPE_ADAPTER |
			       TYPE_RECOGNIZER_DRIVER)) != 0;
}

/* ---- words ---- */

int scm_enabled(uint32_t start, bool delayed)
{
	static const int words[] = { SERVICE_ENABLED_BOOT, SERVICE_ENABLED_SYSTEM,
		SERVICE_ENABLED_AUTOMATIC, SERVICE_ENABLED_MANUAL, SERVICE_ENABLED_DISABLED };

	if (start >= ARRAY_LEN(words))
		return -1;
	return words[start] == SERVICE_ENABLED_AUTOMATIC && delayed ? SERVICE_ENABLED_DELAYED
								    : words[start];
}

const char *scm_status(uint32_t state)
{
	static const char *const words[] = { NULL, "stopped", "starting", "stopping", "running",
		"continuing", "pausing", "paused" };

	return WORD(words, state);
}

const char *scm_error_control(uint32_t n)
{
	static const char *const words[] = { "ignore", "normal", "severe", "critical" };

	return WORD(words, n);
}

const char *scm_sid_type(uint32_t n)
{
	static const char *const words[] = { "none", "unrestricted", NULL, "restricted" };

	return WORD(words, n);
}

const char *scm_launch_protected(uint32_t n)
{
	static const char *const words[] = { "none", "windows", "windows-light",
		"antimalware-light" };

	return WORD(words, n);
}

/* ---- how it stands ---- */

enum { STATE_STOPPED = 1, STATE_RUNNING = 4, STATE_PAUSED = 7 };

uint32_t scm_settled(uint32_t state)
{
	/* start, stop, (running), continue and pause pending */
	static const uint32_t to[] = { [2] = STATE_RUNNING,
		[3] = STATE_STOPPED,
		[4] = STATE_RUNNING,
		[5] = STATE_RUNNING,
		[6] = STATE_PAUSED };

	return state < ARRAY_LEN(to) && to[state] ? to[state] : state;
}

bool scm_has_failed(const struct scm_state *s)
{
	return s->dead ||
	       (s->state == STATE_STOPPED && s->exit != 0 && s->exit != EXIT_NEVER_STARTED);
}

int scm_service_state(const struct scm_state *s)
{
	if (!scm_status(s->state))
		return -1;
	if (scm_has_failed(s))
		return SERVICE_FAILED;
	/* Drivers that are not there from the boot on come with their devices. */
	if (s->triggered || (s->driver && s->enabled == SERVICE_ENABLED_MANUAL))
		return SERVICE_ON_DEMAND;
	return scm_settled(s->state) == STATE_RUNNING ? SERVICE_RUNNING : SERVICE_STOPPED;
}

struct exit_word {
	uint32_t code;
	const char *result, *text;
};

/* What the manager itself says of a service that is not as it should be (winerror.h). */
static const struct exit_word exits[] = {
	{ 1053, "timeout", "it did not answer in time" },
	{ 1058, "disabled", "it is disabled" },
	{ EXIT_SPECIFIC, "exit-code", "service-specific" },
	{ SCM_CRASHED, "crash", "its process ended unexpectedly" },
	{ 1068, "dependency", "a service it depends on did not start" },
	{ 1069, "logon", "its account could not log on" },
	{ 1070, "timeout", "it hung while it started" },
	{ 1075, "dependency", "a service it depends on does not exist" },
	{ 1079, "logon", "its account is another one than that of its process" },
	{ 2, "program", "its program was not found" },
	{ 3, "program", "the folder of its program was not found" },
	{ 5, "program", "access was denied" },
	{ 193, "program", "its program is none that can be run" },
	{ 577, "signature", "its program is not signed as it must be" },
};

static const struct exit_word *exit_word(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].code == code)
			return &exits[i];
	return NULL;
}

const char *scm_result(uint32_t code)
{
	const struct exit_word *x = exit_word(code);

	return x ? x->result : "exit-code";
}

struct span scm_exit(uint32_t code, uint32_t specific, struct arena *a)
{
	const struct exit_word *x = exit_word(code);

	if (code == EXIT_SPECIFIC)
		return span_of(arena_format(a, "exit code %u (service-specific)", specific));
	if (x)
		return span_of(arena_format(a, "error %u (%s)", code, x->text));
	return span_of(arena_format(a, "exit code %u", code));
}

/* ---- failure actions, triggers ---- */

struct span scm_action(uint32_t type, uint32_t delay_ms, struct arena *a)
{
	static const char *const words[] = { "none", "restart", "reboot", "run-command" };
	const char *word = WORD(words, type);

	if (!word)
		return span_of(arena_format(a, "action %u after %u ms", type, delay_ms));
	return span_of(arena_format(a, "%s after %u ms", word, delay_ms));
}

/* {01234567-89AB-CDEF-0123-456789ABCDEF}: the first three parts are little-endian. */
static void add_guid(const uint8_t *g, struct buf *ret)
{
	static const uint8_t order[GUID_BYTES] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14,
		15 };

	buf_add_char(ret, '{');
	for (size_t i = 0; i < GUID_BYTES; i++)
		buf_addf(ret, "%s%02X", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			g[order[i]]);
	buf_add_char(ret, '}');
}

void scm_trigger_to_text(const struct scm_trigger *t, struct buf *ret)
{
	static const char *const types[] = { NULL, "device-interface", "ip-address", "domain",
		"firewall-port", "group-policy", "network-endpoint", "system-state" };
	const char *type = t->type == 20 ? "custom" /* SERVICE_TRIGGER_TYPE_CUSTOM, an ETW event */
			   : t->type == 30 ? "aggregate"
					   : WORD(types, t->type);

	if (t->action == 1 || t->action == 2)
		buf_add_text(ret, t->action == 1 ? "start: " : "stop: ");
	else
		buf_addf(ret, "action %u: ", t->action);
	if (type)
		buf_add_text(ret, type);
	else
		buf_addf(ret, "type %u", t->type);
	if (!t->subtype)
		return;
	buf_add_char(ret, ' ');
	add_guid(t->subtype, ret);
}

void scm_trigger_item(struct span data, bool is_text, struct buf *ret)
{
	bool cut = data.n > ITEM_MAX;

	if (cut)
		data.n = ITEM_MAX;
	buf_add_char(ret, ' ');
	if (is_text)
		buf_add_span(ret, data);
	else
		for (size_t i = 0; i < data.n; i++)
			buf_addf(ret, "%02x", (unsigned char)data.p[i]);
	if (cut)
		buf_add_text(ret, "…");
}
