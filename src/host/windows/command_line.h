/* Command lines of Windows, which are one text: cut into arguments as the C runtime and
 * CommandLineToArgvW do it ("Parsing C command-line arguments", Microsoft C documentation), and
 * what the program of an ImagePath is, as CreateProcessW and the service control manager look for
 * it. Pure: whoever starts a program chooses its text. Fuzzed. */
#ifndef HOST_WINDOWS_COMMAND_LINE_H
#define HOST_WINDOWS_COMMAND_LINE_H

#include "core/buf.h"
#include "core/span.h"

/* Append the arguments, a NUL behind each, as /proc/PID/cmdline has them: for host/command.h. */
void command_line_split(struct span line, struct buf *ret);

/* The i-th program that is tried for this command line, appended: what stands in quotes is tried
 * alone; else what stands before each blank in turn, the whole line last, since a path may hold
 * blanks. Without an extension it is tried with ".exe". False: there are no more. */
bool command_line_program(struct span line, unsigned i, struct buf *ret);
/* Does the path of the program stand in quotes? */
bool command_line_is_quoted(struct span line);

/* A path as the kernel and drivers write it, made one of Win32, appended: "\SystemRoot\x",
 * "\??\C:\x", "\\?\C:\x", "\\?\UNC\server\x". bare: "System32\drivers\x.sys" is below the folder of
 * Windows, as that of a driver. windows: that folder ("C:\Windows"). */
void path_from_native(struct span path, struct span windows, bool bare, struct buf *ret);

#endif
