/* The doors of this room. */
#ifndef SENSOR_PACKAGE_PACKAGE_ROOM_H
#define SENSOR_PACKAGE_PACKAGE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_package;

#endif
