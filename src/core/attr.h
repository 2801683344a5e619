/* Compiler attributes, spelled once. */
#ifndef CORE_ATTR_H
#define CORE_ATTR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#ifdef __MINGW32__
#include <stdio.h> /* __MINGW_PRINTF_FORMAT: the plain spelling rejects %zu there */
#define PRINTF(fmt, args) __attribute__((format(__MINGW_PRINTF_FORMAT, fmt, args)))
#else
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif
#define NORETURN __attribute__((noreturn))
/* For a local that the kernel fills, on a hot path: the build zeroes all others. */
#define UNSET __attribute__((uninitialized))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* AUTO(buf) b = BUF_INIT(max): calls buf_done(&b) at the end of the scope. */
#define AUTO(type) __attribute__((cleanup(type##_done))) struct type
/* AUTO_FREE(store) s = NULL: calls store_freep(&s) at the end of the scope. */
#define AUTO_FREE(type) __attribute__((cleanup(type##_freep))) struct type *

#endif
