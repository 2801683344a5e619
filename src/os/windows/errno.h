/* For doors that both platforms share and that fail by errno. */
#ifndef OS_WINDOWS_ERRNO_H
#define OS_WINDOWS_ERRNO_H

/* Set errno from a code of GetLastError; returns -1. */
int errno_windows(unsigned long code);

#endif
