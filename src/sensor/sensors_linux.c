#include "sensor/boot/boot_room.h"
#include "sensor/bpf/bpf_room.h"
#include "sensor/certificate/certificate_room.h"
#include "sensor/container/container_room.h"
#include "sensor/cron/cron_room.h"
#include "sensor/file/file_room.h"
#include "sensor/firewall/firewall_room.h"
#include "sensor/hidden/hidden_room.h"
#include "sensor/module/module_room.h"
#include "sensor/mount/mount_room.h"
#include "sensor/package/package_room.h"
#include "sensor/pam_rule/pam_rule_room.h"
#include "sensor/port/port_room.h"
#include "sensor/process/process_room.h"
#include "sensor/sensor.h"
#include "sensor/service/service_room.h"
#include "sensor/ssh_key/ssh_key_room.h"
#include "sensor/sudo_rule/sudo_rule_room.h"
#include "sensor/sysctl/sysctl_room.h"
#include "sensor/user/user_room.h"

const struct sensor *const sensors[] = {
	&sensor_file,
	&sensor_package,
	&sensor_process,
	&sensor_service,
	&sensor_port,
	&sensor_user,
	&sensor_user_record,
	&sensor_group_record,
	&sensor_group,
	&sensor_module,
	&sensor_sysctl,
	&sensor_mount,
	&sensor_cron,
	&sensor_ssh_key,
	&sensor_sudo_rule,
	&sensor_pam_rule,
	&sensor_bpf,
	&sensor_firewall,
	&sensor_certificate,
	&sensor_container,
	&sensor_boot,
	&sensor_hidden,
	&sensor_hidden_module,
	NULL,
};
