/* Programs as Windows lists them: keys of "Uninstall" and products of Windows Installer. What
 * installers write there is free text: nothing of it need be there, or make sense. Pure. */
#ifndef SENSOR_PACKAGE_UNINSTALL_H
#define SENSOR_PACKAGE_UNINSTALL_H

#include "entity/record.h"
#include "host/windows/hive.h"

struct uninstall_place {
	const char *manager; /* "uninstall", "uninstall-user" */
	const char *arch;    /* "x64", "x86"; NULL: of a user */
	struct span user;    /* SID; empty: for all users */
};

/* "uninstall:NAME:x64", "uninstall-user:SID:NAME", in a. */
struct span uninstall_key(struct arena *a, const struct uninstall_place *p, struct span name);
/* name: of the key below "Uninstall". */
void uninstall_fill(struct arena *a, const struct uninstall_place *p, struct span name,
	const struct hive_values *v, struct record *r);

/* What Windows Installer knows of one product. */
struct msi_product {
	struct span code; /* "{…}" */
	struct span name, version, publisher, location, date, package_code;
	const char *context; /* "machine", "user-managed", "user" */
	struct span user;
};
/* "msi:{CODE}", "msi:{CODE}:SID": of a product that no key of "Uninstall" stands for. */
struct span msi_key(struct arena *a, const struct msi_product *p);
/* Into a record of its own, or, where `r` is that of its key of "Uninstall", into that one: what
 * stands there is what people see and stays. */
void msi_fill(struct arena *a, const struct msi_product *p, struct record *r);
/* Does this key of "Uninstall" stand for the product? */
bool msi_is(const struct msi_product *p, const struct record *r, struct span name);

/* "20260131", as Windows Installer writes dates, as a time; others write others, which are none. */
bool install_date(struct span text, int64_t *ret);

#endif
