/* The terminal, if there is one. */
#ifndef OS_TERMINAL_H
#define OS_TERMINAL_H

#include <stdbool.h>

bool terminal_is(int fd);
unsigned terminal_width(int fd); /* columns; 0 when fd is no terminal or does not say */

#endif
