/* The doors of this room. */
#ifndef SENSOR_SSH_KEY_SSH_KEY_ROOM_H
#define SENSOR_SSH_KEY_SSH_KEY_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_ssh_key;

#endif
