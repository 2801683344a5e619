/* Bases in the registry: hives, the places of users, the view of 32-bit programs. */
#include "policy/bind.h"

#include "core/fold.h"
#include "entity/key_typed.h"
#include "entity/registry_key.h"

/* ---- hives ---- */

static int refuse_base(struct binder *b, const struct node *n, struct err *e, const char *expected)
{
	return bind_refuse(b, "bad-base", n->at, e, "found the base %s, %s",
		node_found(b->arena, n), expected);
}

/* The base with the short name of its hive, without '\' at the end. */
static int short_form(struct binder *b, const struct node *n, struct span text, struct span *ret,
	struct err *e)
{
	const struct hive_name *h;
	struct span rest = text, hive;

	while (text.n && text.p[text.n - 1] == '\\')
		text.n--;
	rest = text;
	if (!span_cut(&rest, '\\', &hive))
		hive = SPAN_NONE;
	h = hive_named(hive);
	if (h && !h->is)
		return refuse_base(b, n, e, h->why);
	if (h) {
		*ret = span_of(arena_format(b->arena, "%s%s%s", h->is, rest.p ? "\\" : "",
			rest.p ? arena_text(b->arena, rest) : ""));
		return 0;
	}
	if (memchr(text.p ? text.p : "", '/', text.n) && !memchr(text.p, '\\', text.n))
		return refuse_base(b, n, e,
			"expected '\\' between keys ('/' may be part of a name)");
	return refuse_base(b, n, e,
		"expected a key such as HKLM\\SOFTWARE\\… (hives: HKLM, HKU, HKCR, HKCC)");
}

/* ---- views ---- */

/* Keys that 32-bit programs see elsewhere, and, below them, keys that they share ("Registry Keys
 * Affected by WOW64", as of Windows 7). The longest that a base begins with decides. '\0' ends each
 * list. */
static const struct {
	const char *key;
	size_t sections; /* WOW6432Node stands behind so many; 0: shared */
} redirected[] = {
	{ "HKLM\\SOFTWARE", 2 },
	{ "HKLM\\SOFTWARE\\WOW6432Node", 0 },
	{ "HKLM\\SOFTWARE\\Classes", 0 },
	{ "HKLM\\SOFTWARE\\Classes\\CLSID", 3 },
	{ "HKLM\\SOFTWARE\\Classes\\DirectShow", 3 },
	{ "HKLM\\SOFTWARE\\Classes\\Interface", 3 },
	{ "HKLM\\SOFTWARE\\Classes\\Media Type", 3 },
	{ "HKLM\\SOFTWARE\\Classes\\MediaFoundation", 3 },
	{ "HKLM\\SOFTWARE\\Clients", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\COM3", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\Calais\\Current", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\Calais\\Readers", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\Services", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\CTF\\SystemShared", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\CTF\\TIP", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\DFS", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Driver Signing", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\EnterpriseCertificates", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\EventSystem", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\MSMQ", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Non-Driver Signing", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Notepad\\DefaultFonts", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\OLE", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\RAS", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\RPC", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Shared Tools\\MSInfo", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\SystemCertificates", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\TermServLicensing", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Transaction Server", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Control Panel\\Cursors\\Schemes",
		0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\AutoplayHandlers", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\DriveIcons", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Explorer\\KindMap", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Group Policy", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\PreviewHandlers", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Telephony\\Locations", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Console", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\FontDpi", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\FontLink", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\FontMapper", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Fonts", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\FontSubstitutes", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Gre_Initialize", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options",
		0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\LanguagePack", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\NetworkCards", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Ports", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Print", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList", 0 },
	{ "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Time Zones", 0 },
	{ "HKLM\\SOFTWARE\\Policies", 0 },
	{ "HKLM\\SOFTWARE\\RegisteredApplications", 0 },
	{ "HKU\\*_Classes\\CLSID", 2 },
	{ "HKU\\*_Classes\\DirectShow", 2 },
	{ "HKU\\*_Classes\\Interface", 2 },
	{ "HKU\\*_Classes\\Media Type", 2 },
	{ "HKU\\*_Classes\\MediaFoundation", 2 },
};

/* Is the key the base itself, or above it? */
static bool is_above(const char *key, struct span base)
{
	struct span want = span_of(key), rest = base, a, b;

	while (span_cut(&want, '\\', &a))
		if (!span_cut(&rest, '\\', &b) || !glob_text_as(a, b, &glob_registry))
			return false;
	return true;
}

/* Where the n-th section ends. */
static size_t sections_end(struct span base, size_t n)
{
	struct span rest = base, section;

	while (n-- && span_cut(&rest, '\\', &section))
		if (n == 0)
			return (size_t)(section.p + section.n - base.p);
	return base.n;
}

struct span registry_view32(struct arena *a, struct span base)
{
	size_t longest = 0, sections = 0, at;

	for (size_t i = 0; i < ARRAY_LEN(redirected); i++) {
		size_t n = strlen(redirected[i].key);

		if (n > longest && is_above(redirected[i].key, base)) {
			longest = n;
			sections = redirected[i].sections;
		}
	}
	if (sections == 0)
		return SPAN_NONE;
	at = sections_end(base, sections);
	return span_of(
		arena_format(a, "%s\\WOW6432Node%s", arena_text(a, (struct span){ base.p, at }),
			arena_text(a, span_from_offset(base, at))));
}

/* ---- bases ---- */

static int check_sections(struct binder *b, const struct node *n, struct span text, struct err *e)
{
	static const char users[] = USERS_WORD, classes[] = USERS_WORD "_Classes";
	struct glob_section *s;
	size_t count;

	if (glob_compile_as(b->arena, text, &glob_registry, &s, &count, e) < 0)
		return refuse_base(b, n, e, arena_format(b->arena, "but %s", e->text));
	for (size_t i = 0; i < count; i++) {
		bool user =
			s[i].how == GLOB_LITERAL && (fold_same(s[i].text, span_of(users)) ||
							    fold_same(s[i].text, span_of(classes)));

		if (s[i].how == GLOB_DEEP)
			return refuse_base(b, n, e,
				"expected no '**' there (a base holds all below it, 'include' can "
				"narrow it)");
		if (!user && fold_starts(s[i].text, span_of(users), NULL))
			return refuse_base(b, n, e,
				"expected '{users}' or '{users}_Classes' as a whole section");
		if (user && (i != 1 || !span_is(s[0].text, "HKU")))
			return refuse_base(b, n, e,
				"expected '{users}' in the place of the SID only: HKU\\{users}\\…");
	}
	return 0;
}

static void add(struct entry *out, const struct node *n, struct span text)
{
	out->bases[out->n_bases++] = (struct base){ text, n->at.file, n->at.line, n->at.column };
}

int bind_registry_base(struct binder *b, struct entry *out, const struct node *n, struct span text,
	struct err *e)
{
	struct span other;

	if (short_form(b, n, text, &text, e) < 0 || check_sections(b, n, text, e) < 0)
		return e->code;
	other = b->view == VIEW_64 ? SPAN_NONE : registry_view32(b->arena, text);
	/* HKLM\SOFTWARE holds it as a key of its own */
	if (b->view == VIEW_BOTH && key_is_below(&kind_registry_key, other, text))
		other = SPAN_NONE;
	out->view_adds = out->view_adds || other.p;
	if (b->view != VIEW_64 && !out->view_at.line)
		out->view_at = n->at; /* said by a lint */
	if (b->view != VIEW_32 || !other.p)
		add(out, n, text);
	if (other.p)
		add(out, n, other);
	return 0;
}
