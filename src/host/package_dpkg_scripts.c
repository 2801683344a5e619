/* dpkg's maintainer scripts, which run as root: part of a package's manifest, so that an edit of
 * them is an edit of its records. */
#include <stdio.h>

#include "host/package_index.h"

#define INFO "var/lib/dpkg/info"
#define INFO_MAX 1000000
#define NAME_BYTES 512

static const char *const suffixes[] = { "preinst", "postinst", "prerm", "postrm", "config",
	"triggers", "conffiles", NULL };

/* One listing instead of seven attempts a package. */
static void load_names(struct package_index *x)
{
	AUTO_FREE(arena) a = arena_new();
	struct host_entry *list;
	struct err e;
	size_t n;

	x->info_listed = true;
	if (host_list(x->host, INFO, INFO_MAX, a, &list, &n, &e) < 0)
		return; /* whoever reads the lists says why */
	path_map_expect(&x->info_names, n);
	for (size_t i = 0; i < n; i++)
		path_map_add(&x->info_names, path_hash(&x->hash, list[i].name), 1);
}

static bool is_listed(const struct package_index *x, const char *name)
{
	return path_map_find(&x->info_names, path_hash(&x->hash, span_of(name))) != PATH_NONE;
}

void dpkg_scripts_append(struct package_index *x, const struct package_row *r)
{
	char name[NAME_BYTES];
	struct err e;

	if (!x->info_listed)
		load_names(x);
	for (size_t i = 0; suffixes[i]; i++)
		for (unsigned arch = 0; arch < 2; arch++) {
			snprintf(name, sizeof name, "%.*s%s%.*s.%s", SPAN_ARG(r->p.name),
				arch ? ":" : "", arch ? (int)r->p.arch.n : 0, r->p.arch.p,
				suffixes[i]);
			if (x->info < 0 || !is_listed(x, name))
				continue;
			buf_add(&x->scratch, "", 1);
			buf_add_text(&x->scratch, name);
			buf_add(&x->scratch, "", 1);
			/* One that cannot be read counts as one of another content. */
			if (package_append_file(x, x->info, name, PACKAGE_LIST_MAX, &e) < 0)
				buf_addf(&x->scratch, "%d", e.code);
		}
}
