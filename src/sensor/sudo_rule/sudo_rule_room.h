/* The doors of this room. */
#ifndef SENSOR_SUDO_RULE_SUDO_RULE_ROOM_H
#define SENSOR_SUDO_RULE_SUDO_RULE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_sudo_rule;

#endif
