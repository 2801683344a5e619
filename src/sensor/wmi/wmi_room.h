#ifndef SENSOR_WMI_WMI_ROOM_H
#define SENSOR_WMI_WMI_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_wmi;

#endif
