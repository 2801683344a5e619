/* The doors of this room. */
#ifndef SENSOR_FIREWALL_FIREWALL_ROOM_H
#define SENSOR_FIREWALL_FIREWALL_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_firewall;

#endif
