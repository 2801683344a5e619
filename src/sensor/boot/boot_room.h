/* The doors of this room. */
#ifndef SENSOR_BOOT_BOOT_ROOM_H
#define SENSOR_BOOT_BOOT_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_boot;

#endif
