#include "os/windows/security.h"

#include <windows.h>

#include "core/mem.h"
#include "os/windows/wide.h"

#define NAMES_MAX 4096 /* kept; a host with more accounts than that has the others as SIDs */
#define NAME_UNITS 512 /* UNLEN and DNLEN are 256 and 15 */
#define SID_TEXT 256

/* Names that do not follow the language of the system; it need not be asked for them. */
static const struct {
	const char *sid, *name;
} known[] = {
	{ "S-1-0-0", "NULL SID" },
	{ "S-1-1-0", "Everyone" },
	{ "S-1-2-0", "LOCAL" },
	{ "S-1-3-0", "CREATOR OWNER" },
	{ "S-1-3-1", "CREATOR GROUP" },
	{ "S-1-3-4", "OWNER RIGHTS" },
	{ "S-1-5-2", "NT AUTHORITY\\NETWORK" },
	{ "S-1-5-3", "NT AUTHORITY\\BATCH" },
	{ "S-1-5-4", "NT AUTHORITY\\INTERACTIVE" },
	{ "S-1-5-6", "NT AUTHORITY\\SERVICE" },
	{ "S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON" },
	{ "S-1-5-10", "NT AUTHORITY\\SELF" },
	{ "S-1-5-11", "NT AUTHORITY\\Authenticated Users" },
	{ "S-1-5-12", "NT AUTHORITY\\RESTRICTED" },
	{ "S-1-5-18", "NT AUTHORITY\\SYSTEM" },
	{ "S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE" },
	{ "S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE" },
	{ "S-1-5-32-544", "BUILTIN\\Administrators" },
	{ "S-1-5-32-545", "BUILTIN\\Users" },
	{ "S-1-5-32-546", "BUILTIN\\Guests" },
	{ "S-1-5-32-547", "BUILTIN\\Power Users" },
	{ "S-1-5-32-551", "BUILTIN\\Backup Operators" },
	{ "S-1-5-32-555", "BUILTIN\\Remote Desktop Users" },
	{ "S-1-15-2-1", "ALL APPLICATION PACKAGES" },
	{ "S-1-15-2-2", "ALL RESTRICTED APPLICATION PACKAGES" },
	{ "S-1-16-4096", "Low Mandatory Level" },
	{ "S-1-16-8192", "Medium Mandatory Level" },
	{ "S-1-16-12288", "High Mandatory Level" },
	{ "S-1-16-16384", "System Mandatory Level" },
	{ "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
		"NT SERVICE\\TrustedInstaller" },
};

struct named {
	struct named *next;
	struct span sid, name;
};

/* Of the process: a name is asked for once. Nothing is ever taken out, so a span stays valid. */
static struct named *all_names;
static size_t names_n;
static SRWLOCK names_lock = SRWLOCK_INIT;

static const struct named *find(struct span sid)
{
	for (const struct named *n = all_names; n; n = n->next)
		if (span_same(n->sid, sid))
			return n;
	return NULL;
}

static struct span name_known(struct span sid)
{
	AUTO(buf) text = BUF_INIT(SID_TEXT);

	if (!sid_to_text(sid, &text))
		return SPAN_NONE;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_is(buf_span(&text), known[i].sid))
			return span_of(known[i].name);
	return SPAN_NONE;
}

static void ask(struct span sid, struct buf *ret)
{
	wchar_t name[NAME_UNITS], domain[NAME_UNITS];
	DWORD name_n = NAME_UNITS, domain_n = NAME_UNITS;
	SID_NAME_USE use;

	if (!LookupAccountSidW(NULL, (PSID)(uintptr_t)sid.p, name, &name_n, domain, &domain_n,
		    &use))
		return;
	if (domain_n > 0) {
		wide_to_text(domain, domain_n, ret);
		buf_add_char(ret, '\\');
	}
	wide_to_text(name, name_n, ret);
}

struct span sid_name(struct span sid)
{
	AUTO(buf) text = BUF_INIT(NAME_UNITS * 8), check = BUF_INIT(SID_TEXT);
	struct span ret = name_known(sid);
	const struct named *was;
	struct named *n;

	if (ret.n > 0 || !sid_to_text(sid, &check))
		return ret;
	AcquireSRWLockExclusive(&names_lock);
	was = find(sid);
	ReleaseSRWLockExclusive(&names_lock);
	if (was)
		return was->name;
	ask(sid, &text); /* may take seconds: nobody waits for it at the lock */
	AcquireSRWLockExclusive(&names_lock);
	was = find(sid);
	if (!was && names_n < NAMES_MAX) {
		n = mem_new(sizeof *n);
		n->sid = span_from(mem_copy(sid.p, sid.n), sid.n);
		n->name = span_from(text.n ? mem_copy(text.p, text.n) : NULL, text.n);
		n->next = all_names;
		all_names = n;
		names_n++;
		was = n;
	}
	ReleaseSRWLockExclusive(&names_lock);
	return was ? was->name : SPAN_NONE;
}

bool privilege_take(const wchar_t *name)
{
	TOKEN_PRIVILEGES want = { .PrivilegeCount = 1 };
	HANDLE token = NULL;
	bool ok;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
		return false;
	want.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
	ok = LookupPrivilegeValueW(NULL, name, &want.Privileges[0].Luid);
	/* it succeeds with ERROR_NOT_ALL_ASSIGNED where the token does not have it */
	ok = ok && AdjustTokenPrivileges(token, FALSE, &want, 0, NULL, NULL) &&
	     GetLastError() == ERROR_SUCCESS;
	CloseHandle(token);
	return ok;
}
