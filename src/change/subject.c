#include "change/subject.h"

#include "core/attr.h"
#include "core/cbor.h"
#include "core/fold.h"
#include "entity/cron.h"
#include "entity/file.h"
#include "entity/key.h"
#include "entity/package.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"
#include "entity/service.h"
#include "entity/wmi.h"

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
#define TASKS "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\"
#define UNINSTALL "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"
#define UNINSTALL_32 "HKLM\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\"

/* Of a value its key is taken; of a row of WMI what stands behind the rule. */
static const struct {
	const struct kind *kind;
	const char *before; /* its key begins so, case aside; then comes the name of the thing, … */
	char end;           /* … up to this byte, or all of it */
	const char *what;
} rows[] = {
	{ &kind_service, "", 0, "service" },
	{ &kind_registry_key, SERVICES, '\\', "service" },
	{ &kind_registry_value, SERVICES, '\\', "service" },
	{ &kind_wmi, "Win32_Service.Name=\"", '"', "service" },
	{ &kind_wmi, "Win32_SystemDriver.Name=\"", '"', "service" },
	{ &kind_file, "/etc/systemd/system/", '/', "service" },
	{ &kind_file, "/run/systemd/system/", '/', "service" },
	{ &kind_file, "/usr/lib/systemd/system/", '/', "service" },
	{ &kind_file, "/lib/systemd/system/", '/', "service" },
	{ &kind_cron, "\\", 0, "task" },
	{ &kind_file, "C:\\Windows\\System32\\Tasks\\", 0, "task" },
	{ &kind_registry_key, TASKS, 0, "task" },
	{ &kind_registry_value, TASKS, 0, "task" },
	{ &kind_package, "uninstall:", ':', "program" },
	{ &kind_registry_key, UNINSTALL, '\\', "program" },
	{ &kind_registry_value, UNINSTALL, '\\', "program" },
	{ &kind_registry_key, UNINSTALL_32, '\\', "program" },
	{ &kind_registry_value, UNINSTALL_32, '\\', "program" },
};

static struct span without_end(struct span s, const char *end)
{
	struct span e = span_of(end);

	if (s.n > e.n && span_same((struct span){ s.p + s.n - e.n, e.n }, e))
		s.n -= e.n;
	return s;
}

static void add_subject(const char *what, struct span name, struct buf *ret)
{
	name = without_end(name, ".d"); /* x.service.d holds what is added to x.service */
	cbor_put_text(ret, span_of(what));
	while (name.n)
		cbor_put_uint(ret, fold_next(&name));
}

bool subject_of(const struct kind *k, struct span key, struct buf *ret)
{
	struct span rule, rest;

	if (k->keys == KEYS_VALUE)
		key = key_folder(k, key);
	if (k->keys == KEYS_OF_RULE)
		(void)span_cut(&key, ':', &rule);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span name;

		if (rows[i].kind != k || !fold_starts(key, span_of(rows[i].before), &rest) ||
			!rest.n)
			continue;
		name = rest;
		if (rows[i].end)
			(void)span_cut(&rest, rows[i].end, &name);
		add_subject(rows[i].what, name, ret);
		return true;
	}
	return false;
}
