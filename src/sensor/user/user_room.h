/* The doors of this room. */
#ifndef SENSOR_USER_USER_ROOM_H
#define SENSOR_USER_USER_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_user;
extern const struct sensor sensor_group;
extern const struct sensor sensor_user_record; /* systemd's records */
extern const struct sensor sensor_group_record;

#endif
