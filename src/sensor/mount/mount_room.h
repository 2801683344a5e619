/* The doors of this room. */
#ifndef SENSOR_MOUNT_MOUNT_ROOM_H
#define SENSOR_MOUNT_MOUNT_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_mount;

#endif
