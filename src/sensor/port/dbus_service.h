/* Service files of D-Bus (dbus-daemon(1)): how the owner of a name is started. Pure, fuzzed. */
#ifndef SENSOR_PORT_DBUS_SERVICE_H
#define SENSOR_PORT_DBUS_SERVICE_H

#include "core/arena.h"

struct dbus_service {
	struct span exec, user, unit; /* views into the text; empty: not said */
};

/* What [D-BUS Service] says; lines that follow no format say nothing. */
struct dbus_service dbus_service_from(struct span text);
/* "systemd-hostnamed.service", "/usr/bin/x --flag as root"; empty when it says neither. */
struct span dbus_activation(const struct dbus_service *s, struct arena *a);

#endif
