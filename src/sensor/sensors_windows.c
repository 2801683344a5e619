#include "sensor/certificate/certificate_room.h"
#include "sensor/cron/tasks_room.h"
#include "sensor/file/file_room.h"
#include "sensor/firewall/firewall_room.h"
#include "sensor/module/module_room.h"
#include "sensor/package/package_room.h"
#include "sensor/port/port_room.h"
#include "sensor/process/process_room.h"
#include "sensor/registry/registry_room.h"
#include "sensor/sensor.h"
#include "sensor/service/service_room.h"
#include "sensor/user/user_room.h"
#include "sensor/wmi/wmi_room.h"

const struct sensor *const sensors[] = {
	&sensor_file,
	&sensor_package,
	&sensor_process,
	&sensor_service,
	&sensor_port,
	&sensor_registry_key,
	&sensor_registry_value,
	&sensor_user,
	&sensor_group,
	&sensor_module,
	&sensor_cron,
	&sensor_firewall,
	&sensor_certificate,
	&sensor_wmi,
	NULL,
};
