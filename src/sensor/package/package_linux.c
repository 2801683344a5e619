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
		{ PACKAGE_SIGNED_BY, p->signer },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].value.n)
			record_set_bytes(r, texts[i].field, texts[i].value);
}

struct room {
	struct scan *scan;
	const char *blind; /* the manager a gap was told of last */
};

/* Who delivered it cannot be known now: what was known stays. */
static void tell_blind(struct room *room, const struct package *p)
{
	struct gap gap = { .kind = &kind_package, .subtree = true, .reason = GAP_FORMAT };

	if (room->blind && strcmp(room->blind, p->manager) == 0)
		return;
	room->blind = p->manager;
	gap.key = span_of(arena_format(scan_arena(room->scan), "%s:", p->manager));
	gap.text =
		"what packages of the system own could not be read, so neither what is not theirs";
	scan_gap(room->scan, &gap);
}

/* False: not now. */
static bool set_places(struct room *room, struct record *r, const struct package *p, uint64_t asked)
{
	struct span *places =
		arena_get(scan_arena(room->scan), (p->n_locations + 1) * sizeof *places);
	const struct package *by = NULL;
	struct scan *s = room->scan;

	for (size_t i = 0; i < p->n_locations; i++)
		places[i] = p->location[i];
	if (p->n_locations)
		record_set_set(r, PACKAGE_LOCATION, scan_arena(s), places, p->n_locations);
	if (!(asked & field_bit(PACKAGE_PACKAGED_BY)))
		return true;
	for (size_t i = 0; i < p->n_locations && !by; i++)
		by = host_path_owner(scan_host(s), p->location[i]);
	if (by)
		record_set_bytes(r, PACKAGE_PACKAGED_BY, by->key);
	else if (p->n_locations && !host_owners_are_whole(scan_host(s))) {
		tell_blind(room, p);
		return false;
	}
	return true;
}

static bool is_removed(struct span status)
{
	struct span word = SPAN_NONE;

	while (span_cut(&status, ' ', &word))
		;
	return span_is(word, "config-files") || span_is(word, "not-installed");
}

static int set_manifest(struct scan *s, struct record *r, const struct package *p, struct err *e)
{
	struct package_manifest *m = arena_get(scan_arena(s), sizeof *m);
	int known = host_package_manifest(scan_host(s), p, m, e);

	if (known < 0)
		return known;
	/* Of a removed package only some records are left: fewer at each step. */
	if (known == 0 || is_removed(p->status))
		return 0;
	record_set_number(r, PACKAGE_FILES, m->paths);
	record_set_bytes(r, PACKAGE_MANIFEST, span_from(m->sha256, sizeof m->sha256));
	return 0;
}

static int emit(struct room *room, const struct package *p, uint64_t asked, struct err *e)
{
	struct scan *s = room->scan;
	struct record r = { .kind = &kind_package, .key = p->key };

	set_texts(&r, p);
	set_status(&r, p->status);
	if (!set_places(room, &r, p, asked))
		return 0;
	if (p->size)
		record_set_number(&r, PACKAGE_SIZE, p->size);
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
	struct room room = { .scan = s };
	struct packages all;

	if (host_packages(scan_host(s), &all, e) < 0)
		return e->code;
	for (size_t i = 0; i < all.n && !scan_stopped(s); i++) {
		uint64_t asked = scan_asks(s, &kind_package, all.list[i].key);

		if (asked && emit(&room, &all.list[i], asked, e) < 0)
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

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/var/lib/dpkg/status", 0 },
	{ WATCH_FILE, "/var/lib/dpkg/status.d/*", 0 },
	{ WATCH_FILE, "/var/lib/dpkg/info/*", 0 },
	{ WATCH_FILE, "/var/lib/dpkg/updates/*", 0 },
	{ WATCH_FILE, "/var/lib/dpkg/diversions", 0 },
	{ WATCH_FILE, "/var/lib/dpkg/statoverride", 0 },
	{ WATCH_FILE, "/var/lib/apt/extended_states", 0 },
	{ WATCH_FILE, "/var/lib/rpm/*", 0 },
	{ WATCH_FILE, "/usr/lib/sysimage/rpm/*", 0 },
	{ WATCH_FILE, "/usr/share/rpm/*", 0 },
	{ WATCH_FILE, "/lib/apk/db/installed", 0 },
	{ WATCH_FILE, "/usr/lib/apk/db/installed", 0 },
	{ WATCH_FILE, "/etc/apk/world", 0 },
	{ WATCH_FILE, "/usr/lib/python*/dist-packages/*-info/**", 0 },
	{ WATCH_FILE, "/usr/lib*/python*/site-packages/*-info/**", 0 },
	{ WATCH_FILE, "/usr/local/lib*/python*/*-packages/*-info/**", 0 },
	{ WATCH_FILE, "/opt/*/lib/python*/site-packages/*-info/**", 0 },
	{ WATCH_FILE, "/usr/lib/node_modules/*", 0 },
	{ WATCH_FILE, "/usr/lib/node_modules/@*/*", 0 },
	{ WATCH_FILE, "/usr/lib/node_modules/*/package.json", 0 },
	{ WATCH_FILE, "/usr/lib/node_modules/@*/*/package.json", 0 },
	{ WATCH_FILE, "/usr/local/lib/node_modules/*", 0 },
	{ WATCH_FILE, "/usr/local/lib/node_modules/@*/*", 0 },
	{ WATCH_FILE, "/usr/local/lib/node_modules/*/package.json", 0 },
	{ WATCH_FILE, "/usr/local/lib/node_modules/@*/*/package.json", 0 },
	{ WATCH_FILE, "/var/lib/gems/*/specifications/**", 0 },
	{ WATCH_FILE, "/usr/share/rubygems-integration/*/specifications/**", 0 },
	{ WATCH_FILE, "/usr/lib/*/ruby/gems/*/specifications/**", 0 },
	{ WATCH_FILE, "/usr/lib/ruby/gems/*/specifications/**", 0 },
	{ WATCH_FILE, "/usr/local/lib/ruby/gems/*/specifications/**", 0 },
	{ WATCH_FILE, "/usr/local/bundle/specifications/*", 0 },
	{ WATCH_FILE, "/usr/share/gems/specifications/**", 0 },
	{ WATCH_FILE, "/var/lib/snapd/snaps/*", 0 },
	{ WATCH_FILE, "/snap/*/current", 0 },
	{ WATCH_FILE, "/var/lib/snapd/snap/*/current", 0 },
	{ WATCH_FILE, "/var/lib/flatpak/app/*/*/*/active", 0 },
	{ WATCH_FILE, "/var/lib/flatpak/runtime/*/*/*/active", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_package = {
	.kind = &kind_package,
	.source = "package databases",
	.scan = scan,
	.watches = watches,
};
