#include "entity/package.h"

#include "core/attr.h"
#include "entity/list.h"
#include "host/package.h"
#include "sensor/package/package_room.h"

/* dpkg's "hold reinstreq half-configured": want, flag, state. */
static void set_status(struct record *r, struct span status)
{
	struct span want = SPAN_NONE, flag = SPAN_NONE, state = SPAN_NONE;

	if (!span_cut(&status, ' ', &want) || !span_cut(&status, ' ', &flag) ||
		!span_cut(&status, ' ', &state)) {
		record_set_bytes(r, PACKAGE_STATE, want.n ? want : span_of("installed"));
		return;
	}
	record_set_bytes(r, PACKAGE_WANT, want);
	record_set_number(r, PACKAGE_REINSTALL, !span_is(flag, "ok"));
	record_set_bytes(r, PACKAGE_STATE, state);
}

static void set_texts(struct record *r, const struct package *p)
{
	const struct {
		enum package_field field;
		struct span value;
	} texts[] = {
		{ PACKAGE_NAME, p->name },
		{ PACKAGE_MANAGER, span_of(p->manager) },
		{ PACKAGE_VERSION, p->version },
		{ PACKAGE_ARCH, p->arch },
		{ PACKAGE_ORIGIN, p->origin },
		{ PACKAGE_SOURCE, p->source },
		{ PACKAGE_SECTION, p->section },
		{ PACKAGE_REVISION, p->revision },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].value.n)
			record_set_bytes(r, texts[i].field, texts[i].value);
}

static void set_places(struct scan *s, struct record *r, const struct package *p)
{
	struct span *places = arena_get(scan_arena(s), p->n_locations * sizeof *places);
	const struct package *by = NULL;

	if (p->n_locations == 0)
		return;
	for (size_t i = 0; i < p->n_locations; i++) {
		places[i] = p->location[i];
		if (!by)
			by = host_path_owner(scan_host(s), places[i]);
	}
	record_set_set(r, PACKAGE_LOCATION, scan_arena(s), places, p->n_locations);
	if (by)
		record_set_bytes(r, PACKAGE_PACKAGED_BY, by->key);
}

static int set_manifest(struct scan *s, struct record *r, const struct package *p, struct err *e)
{
	struct package_manifest *m = arena_get(scan_arena(s), sizeof *m);
	int known = host_package_manifest(scan_host(s), p, m, e);

	if (known < 0)
		return known;
	if (known == 0)
		return 0;
	record_set_number(r, PACKAGE_FILES, m->paths);
	record_set_bytes(r, PACKAGE_MANIFEST, span_from(m->sha256, sizeof m->sha256));
	return 0;
}

static int emit(struct scan *s, const struct package *p, uint64_t asked, struct err *e)
{
	struct record r = { .kind = &kind_package, .key = p->key };

	set_texts(&r, p);
	set_status(&r, p->status);
	set_places(s, &r, p);
	if (p->installed)
		record_set_time(&r, PACKAGE_INSTALLED, p->installed);
	if (strcmp(p->manager, "dpkg") == 0) {
		record_set_number(&r, PACKAGE_ESSENTIAL, p->essential);
		record_set_number(&r, PACKAGE_AUTOMATIC, p->automatic);
	} else if (strcmp(p->manager, "apk") == 0) {
		record_set_number(&r, PACKAGE_AUTOMATIC, p->automatic);
	}
	if (asked & (field_bit(PACKAGE_FILES) | field_bit(PACKAGE_MANIFEST)))
		if (set_manifest(s, &r, p, e) < 0)
			return e->code;
	scan_emit(s, &r);
	return 0;
}

static int scan(struct scan *s, struct err *e)
{
	struct packages all;

	if (host_packages(scan_host(s), &all, e) < 0)
		return e->code;
	for (size_t i = 0; i < all.n && !scan_stopped(s); i++) {
		uint64_t asked = scan_asks(s, &kind_package, all.list[i].key);

		if (asked && emit(s, &all.list[i], asked, e) < 0)
			return e->code;
	}
	/* Again: reading the lists may have found more. */
	if (host_packages(scan_host(s), &all, e) < 0)
		return e->code;
	for (size_t i = 0; i < all.n_problems; i++)
		scan_gap_err(s, &kind_package, all.problem[i].key, !all.problem[i].one,
			&all.problem[i].why);
	return 0;
}

const struct sensor sensor_package = {
	.kind = &kind_package,
	.source = "package databases",
	.scan = scan,
};
