#include "watch/files/passing.h"

#include "core/attr.h"

static const char *const beginnings[] = {
	".",   /* .file.swp, .goutputstream-XXXXXX, .#file, .~lock.file#, .file.XXXXXX (rsync) */
	"#",   /* #file# */
	"sed", /* sedXXXXXX of sed -i */
	"~$",  /* office programs */
};

static const char *const endings[] = {
	"~", "#", ".tmp", ".temp", ".swp", ".swx", ".new", ".part", ".partial", ".lock", ".lck",
	".bak", ".old", ".dpkg-new", ".dpkg-tmp", ".rpmnew", "+", /* passwd+ of the shadow tools */
	"-",                                                      /* passwd- */
};

static bool ends_with(struct span s, const char *end)
{
	struct span e = span_of(end);

	return s.n >= e.n && span_same(span_from_offset(s, s.n - e.n), e);
}

/* "4913", "12345": vim tries whether a file can be made. */
static bool is_number(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n >= 4;
}

bool name_is_passing(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
		if (span_starts(name, span_of(beginnings[i])))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		if (ends_with(name, endings[i]))
			return true;
	return is_number(name);
}
