/* The door of this room on Windows. */
#ifndef SENSOR_MODULE_MODULE_WINDOWS_H
#define SENSOR_MODULE_MODULE_WINDOWS_H

#include "sensor/sensor.h"

extern const struct sensor sensor_module;

#endif
