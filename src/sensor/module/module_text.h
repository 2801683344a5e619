/* What the kernel and depmod say of modules: bytes to facts. */
#ifndef SENSOR_MODULE_MODULE_TEXT_H
#define SENSOR_MODULE_MODULE_TEXT_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/span.h"

/* A line of /proc/modules; views into it. */
struct module_line {
	struct span name, used_by; /* used_by: "a,b," or empty */
	struct span taint;         /* "OE", or empty */
	struct span state;         /* as sysfs says it: "live", "coming", "going" */
	uint64_t size, refcnt;
	bool counted; /* refcnt is known */
};
int module_line_parse(struct span line, struct module_line *ret, struct err *e) MUST_CHECK;

/* The name of the module in a file name: "kernel/fs/nls/nls-utf8.ko.xz" to "nls_utf8" in a; empty:
 * not a module. */
struct span module_name_of(struct span path, struct arena *a);

/* The letters of /proc/sys/kernel/tainted in ret (at least 32 bytes). */
struct span module_taint_letters(uint64_t bits, char *ret);
/* What a letter means; NULL: nobody knows. */
const char *module_taint_word(char letter);

/* The module that a line of /proc/kallsyms belongs to; empty: none, or no module that is loaded
 * (symbols of BPF programs and of the kernel itself stand in brackets, too). */
struct span module_of_symbol(struct span line);

/* The build id in an ELF note section; empty: there is none. */
struct span module_build_id(struct span notes);

#endif
