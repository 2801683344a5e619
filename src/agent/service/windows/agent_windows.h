/* What the agent's files for Windows share: being asked to end, being a service, saying so. */
#ifndef AGENT_SERVICE_WINDOWS_AGENT_WINDOWS_H
#define AGENT_SERVICE_WINDOWS_AGENT_WINDOWS_H

#include <windows.h>

#include "change/change.h"
#include "core/err.h"

/* ---- ask.c: as signals are on Linux; set by the console, by the service manager ---- */
HANDLE ask_stop(void);   /* an event (by hand): the agent is to end */
HANDLE ask_reload(void); /* an event (by hand): the policy is to be loaded again */
/* Ctrl-C, Ctrl-Break, closing the window, logging off ask to end; the second one ends at once. */
void ask_from_console(void);

/* ---- service.c ---- */
#define SERVICE_NAME "Invar"
#define SERVICE_NAME_W L"Invar"
/* Be the service `run` does, if the service manager started us: *ret is what it returned, then.
 * False: somebody started us from a console. */
bool service_dispatch(int (*run)(void *ctx, struct err *e), void *ctx, int *ret, struct err *e);
/* To the service manager, when it is there: still starting; what changes is heard of. */
void service_starting(void);
void service_running(void);

/* ---- eventlog.c: the event log of Windows, a copy for those who look there; the ledger is the
 * truth ---- */
struct eventlog;
struct eventlog *eventlog_open(enum severity threshold); /* NULL: it cannot be written to */
void eventlog_close(struct eventlog *l);                 /* accepts NULL */
void eventlog_record(struct eventlog *l, const struct ledger_record *r);
void eventlog_failed(struct eventlog *l, const struct err *why); /* the agent ends by this */
/* The source's registration: ERR_DENIED. */
int eventlog_register(const char *program, struct err *e) MUST_CHECK;
int eventlog_unregister(struct err *e) MUST_CHECK;

#endif
