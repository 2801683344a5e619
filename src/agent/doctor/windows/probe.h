/* The self-test's probes: each tries one thing that the product builds on, in a scratch place of
 * its own, and says whether it works. What is said holds numbers of errors, and nothing of the
 * host. */
#ifndef AGENT_DOCTOR_WINDOWS_PROBE_H
#define AGENT_DOCTOR_WINDOWS_PROBE_H

#include <windows.h>

#include "core/arena.h"

enum probe_state {
	PROBE_WORKS,
	PROBE_MISSING, /* this system does not have it: what needs it is done in another way */
	PROBE_FAILED,  /* it says that it has it, but it does not do it */
};

struct probe_result {
	enum probe_state state;
	unsigned long code; /* of GetLastError, an HRESULT, or 0 */
	const char *note;   /* or NULL */
};

/* Where probes may work. */
struct probe_place {
	struct arena *arena; /* cleared behind each */
	HKEY key;            /* below HKLM\SOFTWARE\Invar; NULL: it cannot be made */
	const wchar_t *path; /* of that key, below HKLM */
	const char *folder;  /* below ProgramData, empty; NULL: it cannot be made */
};

struct probe {
	const char *name;
	struct probe_result (*run)(const struct probe_place *p);
};

/* Ended by a row without name. */
extern const struct probe probes_registry[], probes_files[], probes_system[], probes_wmi[];

static inline struct probe_result probe_works(void)
{
	return (struct probe_result){ PROBE_WORKS, 0, NULL };
}
static inline struct probe_result probe_missing(unsigned long code, const char *note)
{
	return (struct probe_result){ PROBE_MISSING, code, note };
}
static inline struct probe_result probe_failed(unsigned long code, const char *note)
{
	return (struct probe_result){ PROBE_FAILED, code, note };
}

#endif
