/* What must not be asked of WMI, and what had better not: whoever asks a class asks every class
 * that is derived of it, so the bases of dear classes are as dear. */
#include "policy/wql.h"

#include "core/attr.h"
#include "core/glob.h"

#define INSTALLER \
	"asking it (or a class derived of it) makes the installer check, and repair, every " \
	"product; use kind package"
#define EVERYTHING "every file, product and process of this host is derived of it"
#define DISKS \
	"without WHERE that holds Name =, or Drive = and Path =, it walks every disk; " \
	"kind file does that better"
#define RIGHTS "without WHERE that holds Path = it walks every disk; kind file has fields for this"
#define EVENTS "it is an event: what asks for it waits for ever; 'events' is for that"
#define DOMAIN "without 'WHERE LocalAccount = TRUE' the whole domain is asked"
#define MEMBERS \
	"without WHERE that holds GroupComponent = the whole domain is asked; use kind group"

enum unless {
	ALWAYS,
	NO_WHERE,    /* any WHERE will do */
	NOT_A_FILE,  /* Name =, or Drive = and Path = */
	NOT_BY_PATH, /* Path = */
	NOT_LOCAL,   /* LocalAccount = TRUE */
	NOT_A_GROUP, /* GroupComponent = */
};

/* The first that matches decides. */
static const struct {
	const char *pattern;
	enum unless unless;
	struct wql_verdict verdict;
} classes[] = {
	/* the installer's, all of one provider, which opens each product */
	{ "Win32_Product*", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "Win32_SoftwareFeature*", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "Win32_SoftwareElement*", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "Win32_InstalledSoftwareElement", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "Win32_MSIResource", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_Product*", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_SoftwareFeature*", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_SoftwareElement*", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_InstalledSoftwareElement", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_Action", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_Check", ALWAYS, { WQL_REFUSED, "costly-query", INSTALLER } },
	{ "CIM_LogicalElement", ALWAYS, { WQL_REFUSED, "costly-query", EVERYTHING } },
	{ "CIM_ManagedSystemElement", ALWAYS, { WQL_REFUSED, "costly-query", EVERYTHING } },
	{ "CIM_Component", ALWAYS, { WQL_REFUSED, "costly-query", EVERYTHING } },
	{ "CIM_Dependency", ALWAYS, { WQL_REFUSED, "costly-query", EVERYTHING } },
	/* files */
	{ "CIM_DataFile", NOT_A_FILE, { WQL_REFUSED, "costly-query", DISKS } },
	{ "CIM_LogicalFile", NOT_A_FILE, { WQL_REFUSED, "costly-query", DISKS } },
	{ "CIM_Directory", NOT_A_FILE, { WQL_REFUSED, "costly-query", DISKS } },
	{ "Win32_Directory", NOT_A_FILE, { WQL_REFUSED, "costly-query", DISKS } },
	{ "Win32_ShortcutFile", NOT_A_FILE, { WQL_REFUSED, "costly-query", DISKS } },
	{ "Win32_LogicalFileSecuritySetting", NOT_BY_PATH,
		{ WQL_REFUSED, "costly-query", RIGHTS } },
	{ "Win32_SecuritySetting", NOT_BY_PATH, { WQL_REFUSED, "costly-query", RIGHTS } },
	{ "CIM_Setting", NOT_BY_PATH, { WQL_REFUSED, "costly-query", RIGHTS } },
	/* what is sent, what is waited for; Win32_NTLogEvent is named like an event and is none */
	{ "Win32_PingStatus", ALWAYS,
		{ WQL_REFUSED, "costly-query",
			"it sends packets to another host; only this one is asked" } },
	{ "Win32_NTLogEvent", NO_WHERE,
		{ WQL_REFUSED, "costly-query", "without WHERE it reads every event log" } },
	{ "Win32_NTLogEvent", ALWAYS,
		{ WQL_WARNED, "dear-query",
			"it reads a whole event log each time, and each new entry is a change" } },
	{ "__*Event", ALWAYS, { WQL_REFUSED, "costly-query", EVENTS } },
	{ "Win32_*Event", ALWAYS, { WQL_REFUSED, "costly-query", EVENTS } },
	{ "Win32_*Trace", ALWAYS, { WQL_REFUSED, "costly-query", EVENTS } },
	{ "Registry*Event", ALWAYS, { WQL_REFUSED, "costly-query", EVENTS } },
	/* accounts */
	{ "Win32_UserAccount", NOT_LOCAL, { WQL_WARNED, "asks-domain", DOMAIN } },
	{ "Win32_Group", NOT_LOCAL, { WQL_WARNED, "asks-domain", DOMAIN } },
	{ "Win32_Account", NOT_LOCAL, { WQL_WARNED, "asks-domain", DOMAIN } },
	{ "Win32_SystemAccount", NOT_LOCAL, { WQL_WARNED, "asks-domain", DOMAIN } },
	{ "Win32_GroupUser", NOT_A_GROUP, { WQL_WARNED, "asks-domain", MEMBERS } },
	/* finite, and still more than it tells */
	{ "CIM_ProcessExecutable", ALWAYS,
		{ WQL_WARNED, "dear-query", "it holds every library of every process" } },
	{ "CIM_LogicalDevice", ALWAYS,
		{ WQL_WARNED, "dear-query", "every kind of device is derived of it" } },
	{ "Win32_Perf*", ALWAYS,
		{ WQL_WARNED, "dear-query", "counters are other ones at each look" } },
};

static bool holds(const struct wql *q, enum unless unless)
{
	switch (unless) {
	case NO_WHERE:
		return q->where.n > 0;
	case NOT_A_FILE:
		return wql_binds(q, "Name", NULL) ||
		       (wql_binds(q, "Drive", NULL) && wql_binds(q, "Path", NULL));
	case NOT_BY_PATH:
		return wql_binds(q, "Path", NULL);
	case NOT_LOCAL:
		return wql_binds(q, "LocalAccount", "TRUE");
	case NOT_A_GROUP:
		return wql_binds(q, "GroupComponent", NULL);
	default:
		return false;
	}
}

/* Of an object's relations only what is named as a class of theirs counts, and only what must
 * never be asked: they are bound by the object. */
static const struct wql_verdict *judge(const struct wql *q, struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (glob_text_as(span_of(classes[i].pattern), name, &glob_name) &&
			(q->select ? !holds(q, classes[i].unless) : classes[i].unless == ALWAYS))
			return &classes[i].verdict;
	return NULL;
}

const struct wql_verdict *wql_judge(const struct wql *q, struct span *ret_name)
{
	struct span rest = q->where;
	const struct wql_verdict *v;

	*ret_name = q->name;
	v = judge(q, q->name);
	while (!v && !q->select && wql_word(&rest, ret_name))
		v = judge(q, *ret_name);
	return v;
}
