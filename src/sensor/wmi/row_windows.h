/* Rows from COM. */
#ifndef SENSOR_WMI_ROW_WINDOWS_H
#define SENSOR_WMI_ROW_WINDOWS_H

#include "os/windows/wmi.h"
#include "sensor/wmi/identity.h"

/* All properties of an object that are not the system's, in a. ERR_LIMIT: objects too deep in each
 * other, too many properties or items; or a holds more than max_bytes by then. ERR_FORMAT: a value
 * that no type of CIM is carried in. */
int row_from_object(struct arena *a, IWbemClassObject *o, uint64_t max_bytes, struct row *ret,
	struct err *e) MUST_CHECK;

/* What the definition of this class says; no keys where there is none. */
int row_class_get(struct wmi *w, struct arena *a, struct span name, struct row_class *ret,
	struct err *e) MUST_CHECK;

#endif
