/* The products that Windows Installer has installed, by its own list. Nothing of them is verified
 * or repaired by asking so, as it is by Win32_Product. */
#ifndef SENSOR_PACKAGE_MSI_WINDOWS_H
#define SENSOR_PACKAGE_MSI_WINDOWS_H

#include "sensor/package/uninstall.h"

#define MSI_PRODUCTS_MAX 100000

/* Texts live in a. ERR_MISSING: there is no Windows Installer here; ERR_DENIED: of other users it
 * tells administrators alone, and *ret has those of all users and our own. */
int msi_products(struct arena *a, struct msi_product **ret, size_t *ret_n,
	struct err *e) MUST_CHECK;

#endif
