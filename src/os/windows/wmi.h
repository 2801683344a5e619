/* Questions to Windows Management Instrumentation, by COM, on this machine alone. What a question
 * asks is always answered in slices of time that the caller gives; but a provider may hang inside a
 * call, so ask on a thread that may be left behind. */
#ifndef OS_WINDOWS_WMI_H
#define OS_WINDOWS_WMI_H

#ifndef COBJMACROS
#define COBJMACROS
#endif
#include <stdbool.h>
#include <wbemcli.h>

#include "core/err.h"

/* A namespace, connected. Belongs to the thread that opened it. */
struct wmi;

/* Each thread that asks begins COM (its multi-threaded apartment), and ends it after the last
 * wmi_close. */
int wmi_thread_begin(struct err *e) MUST_CHECK;
void wmi_thread_end(void);

/* space: "root\\cimv2", of this machine; anything that names another is ERR_FORMAT. Texts come in
 * English whatever the system speaks. ERR_MISSING: no such namespace; ERR_DENIED. */
int wmi_open(struct wmi **ret, const char *space, struct err *e) MUST_CHECK;
void wmi_close(struct wmi *w); /* accepts NULL */
void wmi_freep(struct wmi **w);

/* A query (semisynchronous); one at a time: the one before is forgotten. What is wrong with it may
 * be told by wmi_next only. ERR_MISSING: no such class. */
int wmi_ask(struct wmi *w, const char *wql, struct err *e) MUST_CHECK;
/* The same of events, which come until nobody waits for them. */
int wmi_listen(struct wmi *w, const char *wql, struct err *e) MUST_CHECK;

enum wmi_next { WMI_END, WMI_OBJECT, WMI_NOTHING_YET };
/* WMI_OBJECT: *ret is one more, to be released. WMI_END: that was all, and all came. */
int wmi_next(struct wmi *w, unsigned ms, IWbemClassObject **ret, struct err *e) MUST_CHECK;

/* The definition of a class. ERR_MISSING. */
int wmi_definition(struct wmi *w, const wchar_t *class, IWbemClassObject **ret,
	struct err *e) MUST_CHECK;

/* From an HRESULT; err.sys has it. */
int wmi_fault(struct err *e, HRESULT code, const char *fmt, ...) PRINTF(3, 4);
/* The connection broke (the service was begun again): a new one may work. */
bool wmi_is_broken(const struct err *e);

#endif
