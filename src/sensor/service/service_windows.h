/* The door of this room on Windows. */
#ifndef SENSOR_SERVICE_SERVICE_WINDOWS_H
#define SENSOR_SERVICE_SERVICE_WINDOWS_H

#include "sensor/sensor.h"

extern const struct sensor sensor_service;

#endif
