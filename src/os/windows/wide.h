/* Text at the edge of Windows: UTF-16 outside, UTF-8 inside, and nothing is lost on the way.
 *
 * A name of Windows is any row of 16-bit units. Inside it is WTF-8 (simonsapin.github.io/wtf-8):
 * UTF-8 in which an unpaired surrogate has its three bytes; and U+0000, which names of the registry
 * may hold, is C0 80, since keys of ours are joined by NUL. Both ways are exact: never
 * WideCharToMultiByte, which maps different names to one. */
#ifndef OS_WINDOWS_WIDE_H
#define OS_WINDOWS_WIDE_H

#include <wchar.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

/* Append n units as WTF-8. */
void wide_to_text(const wchar_t *w, size_t n, struct buf *ret);
/* The same in an arena, a NUL behind it. */
struct span wide_to_span(struct arena *a, const wchar_t *w, size_t n);
/* Of a text that a NUL ends; NULL gives the empty span. */
struct span wide_to_span_z(struct arena *a, const wchar_t *w);

/* The units of a WTF-8 text, a NUL behind them, in a; *ret_n (may be NULL) without it. What is not
 * WTF-8 becomes U+FFFD: use it for what people typed; what came from wide_to_text comes back
 * exactly. */
wchar_t *wide_from_text(struct arena *a, struct span text, size_t *ret_n);

/* An absolute path as the file functions take it without a limit of length and without
 * interpreting a trailing dot, a blank or CON: "C:\x" or "C:/x" becomes "\\?\C:\x", "\\server\x"
 * becomes
 * "\\?\UNC\server\x". A relative path is made absolute first. */
wchar_t *wide_path(struct arena *a, struct span path);

#endif
