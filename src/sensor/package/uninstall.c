#include "sensor/package/uninstall.h"

#include "core/attr.h"
#include "core/fold.h"
#include "core/time.h"
#include "entity/list.h"
#include "entity/package.h"

#define TEXT_MAX 32768 /* of one value shown: more is cut */

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n && !record_has(r, field))
		record_set_bytes(r, field,
			span_from(text.p, text.n < TEXT_MAX ? text.n : TEXT_MAX));
}

struct span uninstall_key(struct arena *a, const struct uninstall_place *p, struct span name)
{
	AUTO(buf) key = BUF_INIT(8192);

	buf_addf(&key, "%s:", p->manager);
	if (p->user.n) {
		buf_add_span(&key, p->user);
		buf_add_char(&key, ':');
	}
	buf_add_span(&key, name);
	if (p->arch)
		buf_addf(&key, ":%s", p->arch);
	return arena_copy(a, buf_span(&key));
}

bool install_date(struct span text, int64_t *ret)
{
	char iso[] = "YYYY-MM-DDT00:00:00Z";
	static const int places[] = { 0, 1, 2, 3, 5, 6, 8, 9 };
	struct err e;

	if (text.n != ARRAY_LEN(places))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		iso[places[i]] = text.p[i];
	}
	return time_parse(span_of(iso), 0, ret, &e) == 0;
}

static void set_date(struct record *r, struct span text)
{
	int64_t when;

	if (!record_has(r, PACKAGE_INSTALLED) && install_date(text, &when))
		record_set_time(r, PACKAGE_INSTALLED, when);
}

static void set_location(struct arena *a, struct record *r, struct span path)
{
	while (path.n > 3 && (path.p[path.n - 1] == '\\' || path.p[path.n - 1] == ' '))
		path.n--;
	if (path.n && !record_has(r, PACKAGE_LOCATION))
		record_set_list(r, PACKAGE_LOCATION, a, &path, 1);
}

static void set_version(struct arena *a, struct record *r, const struct hive_values *v)
{
	uint64_t major, minor = 0;

	set_text(r, PACKAGE_VERSION, hive_text(v, "DisplayVersion"));
	if (record_has(r, PACKAGE_VERSION) || !hive_number(v, "VersionMajor", &major))
		return;
	(void)hive_number(v, "VersionMinor", &minor);
	set_text(r, PACKAGE_VERSION,
		span_of(arena_format(a, "%ju.%ju", (uintmax_t)major, (uintmax_t)minor)));
}

void uninstall_fill(struct arena *a, const struct uninstall_place *p, struct span name,
	const struct hive_values *v, struct record *r)
{
	static const struct {
		const char *value;
		enum package_field field;
	} texts[] = {
		{ "DisplayName", PACKAGE_NAME },
		{ "Publisher", PACKAGE_ORIGIN },
		{ "UninstallString", PACKAGE_UNINSTALL },
		{ "ParentKeyName", PACKAGE_PARENT },
	};
	uint64_t n;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		set_text(r, texts[i].field, hive_text(v, texts[i].value));
	set_text(r, PACKAGE_NAME, name);
	set_version(a, r, v);
	set_location(a, r, hive_text(v, "InstallLocation"));
	set_date(r, hive_text(v, "InstallDate"));
	record_set_bytes(r, PACKAGE_MANAGER, span_of(p->manager));
	record_set_bytes(r, PACKAGE_STATE, span_of("installed"));
	if (p->arch)
		record_set_bytes(r, PACKAGE_ARCH, span_of(p->arch));
	if (p->user.n)
		record_set_bytes(r, PACKAGE_USER, p->user);
	record_set_number(r, PACKAGE_SYSTEM_COMPONENT,
		hive_number(v, "SystemComponent", &n) && n == 1);
	if (hive_number(v, "EstimatedSize", &n) && n < (UINT64_C(1) << 50))
		record_set_number(r, PACKAGE_SIZE, n * 1024);
}

struct span msi_key(struct arena *a, const struct msi_product *p)
{
	if (!p->user.n)
		return span_of(arena_format(a, "msi:%.*s", SPAN_ARG(p->code)));
	return span_of(arena_format(a, "msi:%.*s:%.*s", SPAN_ARG(p->code), SPAN_ARG(p->user)));
}

void msi_fill(struct arena *a, const struct msi_product *p, struct record *r)
{
	record_set_bytes(r, PACKAGE_PRODUCT_CODE, p->code);
	record_set_bytes(r, PACKAGE_CONTEXT, span_of(p->context));
	set_text(r, PACKAGE_NAME, p->name.n ? p->name : p->code);
	set_text(r, PACKAGE_MANAGER, span_of("msi"));
	set_text(r, PACKAGE_STATE, span_of("installed"));
	set_text(r, PACKAGE_VERSION, p->version);
	set_text(r, PACKAGE_ORIGIN, p->publisher);
	set_text(r, PACKAGE_PACKAGE_CODE, p->package_code);
	set_text(r, PACKAGE_USER, p->user);
	set_location(a, r, p->location);
	set_date(r, p->date);
}

bool msi_is(const struct msi_product *p, const struct record *r, struct span name)
{
	if (!fold_same(p->code, name))
		return false;
	return !record_has(r, PACKAGE_USER) || !p->user.n ||
	       span_same(r->v[PACKAGE_USER].bytes, p->user);
}
