/* The door of this room on Windows. */
#ifndef SENSOR_PROCESS_PROCESS_WINDOWS_H
#define SENSOR_PROCESS_PROCESS_WINDOWS_H

#include "sensor/sensor.h"

extern const struct sensor sensor_process;

#endif
