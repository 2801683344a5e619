/* How this program was started. */
#ifndef OS_PROGRAM_H
#define OS_PROGRAM_H

#include "core/arena.h"

/* Descriptors. */
enum { PROGRAM_INPUT, PROGRAM_OUTPUT, PROGRAM_ERRORS };

/* Call first in main. Arguments become UTF-8, the console is made to take it, and bytes go through
 * the three descriptors as they are. */
void program_begin(int *argc, char ***argv);

/* As it was called, so that a line that begins with it can be pasted. */
const char *program_called(void);
/* Its file; NULL: errno. */
const char *program_file(struct arena *a);
/* The number of this process. */
long program_pid(void);

/* As help says it. */
#ifdef _WIN32
#define PROGRAM_POLICY_TEXT "%ProgramData%\\Invar\\policy.d"
#define PROGRAM_STATE_TEXT "%ProgramData%\\Invar\\state"
#else
#define PROGRAM_POLICY_TEXT "/etc/invar/policy.d"
#define PROGRAM_STATE_TEXT "/var/lib/invar"
#endif
/* Where policy and state are unless somebody says otherwise; for the process. */
const char *program_policy_folder(void);
const char *program_state_folder(void);

#endif
