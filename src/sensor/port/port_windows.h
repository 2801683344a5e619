/* The door of this room on Windows. */
#ifndef SENSOR_PORT_PORT_WINDOWS_H
#define SENSOR_PORT_PORT_WINDOWS_H

#include "sensor/sensor.h"

extern const struct sensor sensor_port;

#endif
