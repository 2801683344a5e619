#include "output/format.h"

#include "output/output.h"

const char *const format_names[] = { "json", "text", "cef", "leef", "ocsf", "ecs", "syslog", NULL };
_Static_assert(ARRAY_LEN(format_names) == FORMAT_N + 1, "every format has a name");

static void json_format(struct buf *ret, struct span host, const struct ledger_record *r)
{
	json_record(ret, r, host);
}

static void text_format(struct buf *ret, struct span host, const struct ledger_record *r)
{
	(void)host;
	text_log(ret, r, &(struct text_style){ .full = true });
}

static void syslog_format(struct buf *ret, struct span host, const struct ledger_record *r)
{
	const struct syslog_style style = { SYSLOG_FACILITY_AUDIT, SYSLOG_ENTERPRISE, FORMAT_JSON,
		0 };

	syslog5424_record(ret, &style, host, r);
}

void format_record(struct buf *ret, enum format f, struct span host, const struct ledger_record *r)
{
	static void (*const formats[FORMAT_N])(struct buf * ret, struct span host,
		const struct ledger_record *r) = {
		[FORMAT_JSON] = json_format,
		[FORMAT_TEXT] = text_format,
		[FORMAT_CEF] = cef_record,
		[FORMAT_LEEF] = leef_record,
		[FORMAT_OCSF] = ocsf_record,
		[FORMAT_ECS] = ecs_record,
		[FORMAT_SYSLOG] = syslog_format,
	};

	formats[f](ret, host, r);
}
