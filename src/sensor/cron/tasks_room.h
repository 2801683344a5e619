/* The door of this room on Windows. */
#ifndef SENSOR_CRON_TASKS_ROOM_H
#define SENSOR_CRON_TASKS_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_cron;

#endif
