#include "os/windows/wide.h"

#include <assert.h>
#include <stdint.h>
#include <windows.h>

#include "core/wtf8.h"

static_assert(sizeof(wchar_t) == sizeof(uint16_t), "a unit is 16 bits");

void wide_to_text(const wchar_t *w, size_t n, struct buf *ret)
{
	wtf8_add(ret, w, n);
}

struct span wide_to_span(struct arena *a, const wchar_t *w, size_t n)
{
	size_t bytes = wtf8_bytes(w, n);
	char *p = arena_get(a, bytes + 1);
	struct buf b = { .p = p, .cap = bytes + 1, .max = bytes + 1 };

	wtf8_add(&b, w, n); /* fits: it never moves */
	return span_from(p, bytes);
}

struct span wide_to_span_z(struct arena *a, const wchar_t *w)
{
	return w ? wide_to_span(a, w, wcslen(w)) : SPAN_NONE;
}

wchar_t *wide_from_text(struct arena *a, struct span text, size_t *ret_n)
{
	wchar_t *w = arena_get(a, (text.n + 1) * sizeof *w);
	size_t n = wtf8_units(text, w);

	if (ret_n)
		*ret_n = n;
	return w;
}

#define PREFIX L"\\\\?\\"
#define PREFIX_UNC L"\\\\?\\UNC\\"

/* What a path starts with, and what of it ".." never takes away. */
enum root {
	ROOT_NONE,     /* x\y */
	ROOT_DRIVE,    /* C:\x */
	ROOT_RELATIVE, /* C:x */
	ROOT_FOLDER,   /* \x */
	ROOT_UNC,      /* \\server\share\x */
	ROOT_DEVICE,   /* \\?\… and \\.\…: as they are */
};

static enum root root_of(const wchar_t *w)
{
	bool letter = (w[0] >= 'A' && w[0] <= 'Z') || (w[0] >= 'a' && w[0] <= 'z');

	if (letter && w[1] == ':')
		return w[2] == '\\' ? ROOT_DRIVE : ROOT_RELATIVE;
	if (w[0] != '\\')
		return ROOT_NONE;
	if (w[1] != '\\')
		return ROOT_FOLDER;
	return (w[2] == '?' || w[2] == '.') && w[3] == '\\' ? ROOT_DEVICE : ROOT_UNC;
}

/* The working folder, or that of a drive ("C:"). */
static wchar_t *folder_of(struct arena *a, const wchar_t *of)
{
	DWORD room = GetFullPathNameW(of, 0, NULL, NULL);
	wchar_t *w = arena_get(a, ((size_t)room + 1) * sizeof *w);

	if (GetFullPathNameW(of, room, w, NULL) >= room)
		w[0] = 0; /* it changed meanwhile */
	return w;
}

static wchar_t *join(struct arena *a, const wchar_t *x, size_t x_n, const wchar_t *y)
{
	size_t n = x_n + wcslen(y) + 2;
	wchar_t *w = arena_get(a, n * sizeof *w);

	wmemcpy(w, x, x_n);
	w[x_n] = '\\';
	wcscpy(w + x_n + 1, y);
	return w;
}

static wchar_t *absolute(struct arena *a, wchar_t *w)
{
	wchar_t drive[] = { w[0], ':', 0 };
	wchar_t *at;

	switch (root_of(w)) {
	case ROOT_NONE:
		at = folder_of(a, L".");
		return join(a, at, wcslen(at), w);
	case ROOT_RELATIVE:
		at = folder_of(a, drive);
		return join(a, at, wcslen(at), w + 2);
	case ROOT_FOLDER:
		at = folder_of(a, L"\\");
		return join(a, at, wcslen(at), w);
	default:
		return w;
	}
}

/* Sections put together again without empty ones, "." and "..", of which the prefix makes names.
 * `fixed` sections at the front stay: server and share. */
static void tidy(wchar_t *w, size_t fixed)
{
	wchar_t *to = w, *from = w;
	size_t depth = 0;

	while (*from) {
		size_t n = wcscspn(from, L"\\");
		bool here = n == 0 || (n == 1 && from[0] == '.');
		bool up = n == 2 && from[0] == '.' && from[1] == '.';

		if (up && depth > fixed) {
			while (to > w && *--to != '\\')
				;
			depth--;
		} else if (!here && !up) {
			if (depth++ > 0)
				*to++ = '\\';
			wmemmove(to, from, n);
			to += n;
		}
		from += n + (from[n] == '\\');
	}
	*to = 0;
}

wchar_t *wide_path(struct arena *a, struct span path)
{
	size_t n;
	wchar_t *w = wide_from_text(a, path, &n), *ret;
	enum root root;

	for (size_t i = 0; i < n; i++) {
		if (w[i] == '/')
			w[i] = '\\';
		else if (w[i] == 0) /* no file has it; it must not cut the path short */
			w[i] = 0xfffd;
	}
	w = absolute(a, w);
	root = root_of(w);
	if (root == ROOT_DEVICE)
		return w;
	if (root == ROOT_UNC)
		w += 2;
	n = wcslen(w);
	ret = arena_get(a, (n + ARRAY_LEN(PREFIX_UNC) + 1) * sizeof *ret);
	wcscpy(ret, root == ROOT_UNC ? PREFIX_UNC : PREFIX);
	tidy(w, root == ROOT_UNC ? 2 : 1);
	wcscat(ret, w);
	if (root == ROOT_DRIVE && !wcschr(w, '\\')) /* "C:" is not its root folder */
		wcscat(ret, L"\\");
	return ret;
}
