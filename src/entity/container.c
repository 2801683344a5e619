#include "entity/container.h"

#include "core/attr.h"

static const char *const types[] = { "container", "image", "machine", NULL };
_Static_assert(ARRAY_LEN(types) == CONTAINER_TYPE_N + 1, "every container_type needs a name");

#define STD FIELD_STANDARD
#define NOW (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[CONTAINER_TYPE] = { "type", FIELD_CHOICE, STD | FIELD_SPEAKS,
		"container, image, or virtual machine", types },
	[CONTAINER_ENGINE] = { "engine", FIELD_TEXT, STD,
		"who runs it: docker, podman, cri-o, containerd, nspawn, lxc, …", NULL },
	[CONTAINER_OWNER] = { "owner", FIELD_TEXT, STD,
		"user whose own store it is in; absent: the system's", NULL },
	[CONTAINER_STATE] = { "state", FIELD_TEXT, STD,
		"running, paused, restarting, exited, created, dead", NULL },
	[CONTAINER_IMAGE] = { "image", FIELD_TEXT, STD, "image as it was asked for", NULL },
	[CONTAINER_COMMAND] = { "command", FIELD_LIST, STD, "program and arguments", NULL },
	[CONTAINER_USER] = { "user", FIELD_TEXT, STD, "user inside; empty or 0 is root", NULL },
	[CONTAINER_PRIVILEGED] = { "privileged", FIELD_FLAG, STD,
		"runs with every capability and device", NULL },
	[CONTAINER_CAP_ADD] = { "cap_add", FIELD_LIST, STD, "capabilities given beyond the default",
		NULL },
	[CONTAINER_MOUNTS] = { "mounts", FIELD_LIST, STD,
		"what of the host is mounted: SOURCE:TARGET:ro or rw", NULL },
	[CONTAINER_DEVICES] = { "devices", FIELD_LIST, STD, "devices of the host it may use",
		NULL },
	[CONTAINER_NETWORK] = { "network", FIELD_TEXT, STD,
		"network: host is the host's own; else a name or container:ID", NULL },
	[CONTAINER_PID_MODE] = { "pid_mode", FIELD_TEXT, STD,
		"process namespace: host sees all processes", NULL },
	[CONTAINER_PORTS] = { "ports", FIELD_LIST, STD,
		"ports published on the host: ADDRESS:PORT->PORT/PROTOCOL", NULL },
	[CONTAINER_IMAGE_ID] = { "image_id", FIELD_TEXT, STD,
		"digest of the image's configuration: the very image", NULL },
	[CONTAINER_DIGESTS] = { "digests", FIELD_LIST, STD,
		"names and manifest digests an image came under", NULL },
	[CONTAINER_CAP_DROP] = { "cap_drop", FIELD_LIST, STD, "capabilities taken away", NULL },
	[CONTAINER_IPC_MODE] = { "ipc_mode", FIELD_TEXT, STD, "namespace of shared memory", NULL },
	[CONTAINER_USERNS_MODE] = { "userns_mode", FIELD_TEXT, STD,
		"user namespace: private, or host (root inside is root)", NULL },
	[CONTAINER_RESTART] = { "restart", FIELD_TEXT, STD, "when it is started again", NULL },
	[CONTAINER_ENVIRONMENT] = { "environment", FIELD_LIST, STD,
		"names of environment variables; never their values", NULL },
	[CONTAINER_SECURITY] = { "security", FIELD_LIST, STD,
		"security options and profiles: seccomp, AppArmor, SELinux, no_new_privileges",
		NULL },
	[CONTAINER_READ_ONLY] = { "read_only", FIELD_FLAG, STD, "its root cannot be written",
		NULL },
	[CONTAINER_OCI_RUNTIME] = { "oci_runtime", FIELD_TEXT, STD,
		"program that starts it: runc, crun, …", NULL },
	[CONTAINER_ROOTFS] = { "rootfs", FIELD_TEXT, STD,
		"folder that is its root, where the engine says it (nspawn, lxc)", NULL },
	[CONTAINER_LABELS] = { "labels", FIELD_LIST, 0, "labels, NAME=VALUE", NULL },
	[CONTAINER_ID] = { "id", FIELD_TEXT, FIELD_LOCAL,
		"number the engine gave it: another one after it was made anew", NULL },
	[CONTAINER_CREATED] = { "created", FIELD_TIME, FIELD_LOCAL, "when it was made", NULL },
	[CONTAINER_STARTED] = { "started", FIELD_TIME, NOW, "when it was last started", NULL },
	[CONTAINER_PID] = { "pid", FIELD_NUMBER, NOW, "its first process", NULL },
	[CONTAINER_EXIT_CODE] = { "exit_code", FIELD_NUMBER, NOW, "status it last ended with",
		NULL },
	[CONTAINER_RESTARTS] = { "restarts", FIELD_NUMBER, NOW,
		"times the engine has started it again", NULL },
};
_Static_assert(ARRAY_LEN(fields) == CONTAINER_N, "every container_field needs a row");

const struct kind kind_container = {
	.name = "container",
	.text = "containers and container images",
	.id = 21,
	.fields = fields,
	.n_fields = CONTAINER_N,
};
