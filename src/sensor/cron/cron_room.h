/* The doors of this room. */
#ifndef SENSOR_CRON_CRON_ROOM_H
#define SENSOR_CRON_CRON_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_cron;

#endif
