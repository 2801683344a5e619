/* The doors of this room. */
#ifndef SENSOR_SYSCTL_SYSCTL_ROOM_H
#define SENSOR_SYSCTL_SYSCTL_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_sysctl;

#endif
