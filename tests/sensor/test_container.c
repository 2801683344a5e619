/* The room of containers on roots made for it. tests/data/container holds what dockerd 20.10 and
 * podman 4.3 wrote; the rest follows their documentation. */
#include "entity/container.h"
#include "room.h"
#include "sensor/container/container_room.h"

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void put(const char *path, const char *data)
{
	static char bytes[1 << 16];
	char name[256];
	FILE *f;
	size_t n;

	snprintf(name, sizeof name, "tests/data/container/%s", data);
	f = fopen(name, "r");
	assert_non_null(f);
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	room_file(root, path, bytes, n, 0644);
}

static const char *run(void)
{
	return room_run(&sensor_container, root, 0);
}

/* Is it the beginning of " name=value"? */
static bool begins_field(const char *p)
{
	size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return *p == ' ' && n && p[1 + n] == '=';
}

/* Each " name=value" of what stands in the line, in whatever order the table has them. */
static void has(const char *key, const char *what)
{
	const char *line = room_find(key);

	if (!line)
		fail_msg("no %s", key);
	while (*what) {
		char piece[1024];
		size_t n = 1;

		while (what[n] && !begins_field(what + n))
			n++;
		snprintf(piece, sizeof piece, "%.*s", (int)n, what);
		if (!strstr(line, piece))
			fail_msg("not '%s' in: %s", piece, line);
		what += n;
	}
}

static void hasnt(const char *key, const char *what)
{
	const char *line = room_find(key);

	if (line && strstr(line, what))
		fail_msg("'%s' in: %s", what, line);
}

static void a_host_without_any_has_none(void **state)
{
	(void)state;
	room_file(root, "var/lib/docker/containers", NULL, 0, 0755);
	room_file(root, "home/u", NULL, 0, 0755);
	assert_string_equal(run(), "");
}

#define DOCKER_ID "807e7a66513c74c523a4fe40fc5aad7bddfda668fe2e4fdeebd3802c164c233f"

static void docker_tells_what_opens_the_host(void **state)
{
	(void)state;
	put("var/lib/docker/containers/" DOCKER_ID "/config.v2.json", "config.v2.json");
	put("var/lib/docker/containers/" DOCKER_ID "/hostconfig.json", "hostconfig.json");
	run();
	has("docker:web",
		" type=container engine=docker state=created image=test:1 "
		"image_id=sha256:2d85fbc59e5337ff9b7cea20923d43b836bfe27d22960420441a2e129c472204 "
		"command=/bin/busybox, sleep, 100 privileged=false cap_add=CAP_SYS_ADMIN "
		"mounts=/:/host:ro, data:/data:rw devices=/dev/kmsg network=host pid_mode=host "
		"ipc_mode=private ports=*:8080->80/tcp restart=on-failure:3 environment=SECRET "
		"security=label=disable, seccomp=unconfined read_only=false oci_runtime=runc "
		"labels=a=b id=" DOCKER_ID
		" created=2026-11-23T06:56:35.061730478Z pid=0 exit_code=0 restarts=0");
	assert_int_equal(room.n, 1);
}

static void docker_says_its_state(void **state)
{
	static const struct {
		const char *state, *word;
	} cases[] = { { "\"Running\":true,\"Pid\":5,\"StartedAt\":\"2026-01-02T03:04:05Z\"",
			      " state=running" },
		{ "\"Running\":true,\"Paused\":true", " state=paused" },
		{ "\"StartedAt\":\"2026-01-02T03:04:05Z\",\"ExitCode\":137", " state=exited" },
		{ "\"Dead\":true", " state=dead" }, { "", " state=created" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[512];

		snprintf(text, sizeof text, "{\"Name\":\"/x\",\"State\":{%s}}", cases[i].state);
		room_text(root, "var/lib/docker/containers/1/config.v2.json", text);
		run();
		has("docker:x", cases[i].word);
	}
}

static void docker_where_the_administrator_put_it(void **state)
{
	(void)state;
	room_text(root, "etc/docker/daemon.json", "{\"data-root\": \"/srv/d\"}");
	room_text(root, "srv/d/containers/1/config.v2.json",
		"{\"Name\":\"/x\",\"AppArmorProfile\":\"unconfined\",\"MountPoints\":{\"/t\":"
		"{\"Type\":\"bind\",\"Source\":\"/var/run/docker.sock\",\"RW\":true}}}");
	room_text(root, "srv/d/containers/1/hostconfig.json",
		"{\"Privileged\":true,\"CapAdd\":[\"ALL\",\"net_admin\"],\"NetworkMode\":"
		"\"default\"}");
	room_text(root, "home/eve/.local/share/docker/containers/2/config.v2.json",
		"{\"Name\":\"/x\"}");
	run();
	has("docker:x", " privileged=true cap_add=ALL, CAP_NET_ADMIN "
			"mounts=/var/run/docker.sock:/t:rw network=bridge");
	has("docker:x", " security=apparmor=unconfined");
	has("docker:~eve/x", " owner=eve ");
}

static void docker_images_by_every_name(void **state)
{
	(void)state;
	room_text(root, "var/lib/docker/image/overlay2/repositories.json",
		"{\"Repositories\":{\"nginx\":{\"nginx:1\":\"sha256:aa\",\"nginx:latest\":"
		"\"sha256:aa\",\"nginx@sha256:dd\":\"sha256:aa\"},\"x\":{\"x:1\":\"sha256:ab\"}}}");
	room_text(root, "var/lib/docker/image/overlay2/imagedb/content/sha256/aa",
		"{\"created\":\"2026-01-02T03:04:05Z\",\"config\":{\"User\":\"www\",\"Entrypoint\":"
		"[\"/e\"],\"Cmd\":[\"nginx\",\"-g\"],\"Env\":[\"A=1\",\"B\"]}}");
	room_text(root, "var/lib/docker/image/overlay2/imagedb/content/sha256/ab", "{}");
	room_text(root, "var/lib/docker/image/overlay2/imagedb/content/sha256/ff", "{}");
	run();
	has("image:docker:nginx:1", " type=image engine=docker image=nginx:1 image_id=sha256:aa "
				    "digests=nginx@sha256:dd command=/e, nginx, -g user=www "
				    "environment=A, B created=2026-01-02");
	has("image:docker:nginx:latest", " image_id=sha256:aa");
	has("image:docker:x:1", " image_id=sha256:ab");
	has("image:docker:@sha256:ff", " image_id=sha256:ff");
	assert_int_equal(room.n, 4);
}

#define PODMAN_ID "08444711c12cbaaf941b7050a6412f68b23b70d9e29859f4e1f1f072c450bb7b"
#define PODMAN_IMAGE "sha256:91db02e9486b78644f2ad530b50e1bdde3906d229fb16518dee88edfa17cf7d6"

static void podman_as_it_writes(void **state)
{
	const char *const key = "podman:run1";

	(void)state;
	put("var/lib/containers/storage/vfs-containers/containers.json", "containers.json");
	put("var/lib/containers/storage/vfs-containers/" PODMAN_ID "/userdata/config.json",
		"config.json");
	put("home/eve/.local/share/containers/storage/overlay-images/images.json", "images.json");
	run();
	has(key, " type=container engine=podman image=localhost/test:1 image_id=" PODMAN_IMAGE);
	has(key, " command=/bin/busybox, sleep, 300 user=0:0 privileged=true cap_add=ALL "
		 "mounts=/etc:/host:ro devices=ALL network=host pid_mode=private");
	has(key, " userns_mode=host environment=HOSTNAME, PATH, TERM, container "
		 "security=seccomp=unconfined read_only=false");
	has("podman:web", " image=localhost/test:1");
	hasnt("podman:web", "command=");
	has("image:podman:~eve/localhost/test:1", " owner=eve image=localhost/test:1 "
						  "image_id=" PODMAN_IMAGE " digests=sha256:3f3c");
}

#define TASKS "run/containerd/io.containerd.runtime.v2.task/"

static void containerd_by_what_runs(void **state)
{
	(void)state;
	room_text(root, TASKS "k8s.io/1/config.json",
		"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
		"\"io.kubernetes.cri.container-name\":\"app\",\"io.kubernetes.cri.sandbox-id\":"
		"\"0123456789abcdef\",\"io.kubernetes.cri.sandbox-name\":\"pod-0\","
		"\"io.kubernetes.cri.sandbox-namespace\":\"web\",\"io.kubernetes.cri.image-name\":"
		"\"docker.io/"
		"a:1\"},\"process\":{\"args\":[\"a\"],\"user\":{\"uid\":1000,\"gid\":5},"
		"\"apparmorProfile\":\"cri\",\"noNewPrivileges\":true,\"capabilities\":"
		"{\"bounding\":[\"CAP_CHOWN\",\"CAP_NET_ADMIN\"]}},\"root\":{\"readonly\":true},"
		"\"mounts\":[{\"destination\":\"/etc/hosts\",\"type\":\"bind\",\"source\":"
		"\"/var/lib/containerd/sandboxes/0123456789abcdef/hosts\"},{\"destination\":\"/h\","
		"\"source\":\"/\",\"options\":[\"rbind\",\"ro\"]},{\"destination\":\"/proc\","
		"\"type\":\"proc\",\"source\":\"proc\"}],\"linux\":{\"seccomp\":{},\"maskedPaths\":"
		"[\"/proc/kcore\"],\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\","
		"\"path\":\"/proc/77/ns/net\"},{\"type\":\"ipc\",\"path\":\"/proc/1/ns/ipc\"}]}}");
	room_text(root, TASKS "k8s.io/2/config.json",
		"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
		"\"io.kubernetes.cri.sandbox-name\":\"pod-0\",\"io.kubernetes.cri.sandbox-"
		"namespace\":\"web\"}}");
	room_text(root, TASKS "default/x1/config.json",
		"{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}},\"linux\":"
		"{\"seccomp\":{}}}");
	room_text(root, TASKS "moby/1/config.json", "{}");
	room_text(root, TASKS "moby/2/config.json", "{}");
	room_text(root, "var/lib/docker/containers/1/config.v2.json", "{\"Name\":\"/x\"}");
	run();
	has("containerd:k8s.io/web/pod-0/app",
		" type=container engine=containerd image=docker.io/a:1 command=a user=1000:5 "
		"privileged=false cap_add=CAP_NET_ADMIN mounts=/:/h:ro network=shared "
		"pid_mode=private ipc_mode=host userns_mode=host security=apparmor=cri, "
		"no-new-privileges, seccomp read_only=true");
	hasnt("containerd:k8s.io/web/pod-0/app", "sandboxes");
	has("containerd:k8s.io/web/pod-0", " type=container");
	has("containerd:default/x1", " id=x1 privileged=false");
	has("containerd:moby/2", " type=container"); /* dockerd knows nothing of it */
	assert_null(room_find("containerd:moby/1"));
}

static void systems_in_folders(void **state)
{
	(void)state;
	room_file(root, "var/lib/machines/deb", NULL, 0, 0755);
	room_text(root, "var/lib/machines/vm.raw", "");
	room_text(root, "var/lib/machines/.hidden.raw", "");
	room_text(root, "etc/systemd/nspawn/deb.nspawn",
		"# x\n[Exec]\nBoot=yes\nPrivateUsers=no\nCapability=CAP_NET_ADMIN sys_admin\n"
		"Environment=A=1\n[Files]\nBind=/srv\nBindReadOnly=/etc:/host:norbind\n"
		"[Network]\nPrivate=no\nPort=tcp:80:8080\n");
	room_text(root, "var/lib/lxc/c1/config",
		"lxc.include = /usr/share/lxc/config/common.conf\nlxc.rootfs.path = dir:/c1\n"
		"lxc.idmap = u 0 100000 65536\nlxc.mount.entry = /srv srv none bind,ro 0 0\n"
		"lxc.cap.drop = mknod sys_time\nlxc.net.0.type = none\nlxc.start.auto = 1\n"
		"lxc.cgroup2.devices.allow = a\nlxc.init.cmd = /sbin/init x\n");
	room_file(root, "var/lib/incus/storage-pools/p/containers/i1", NULL, 0, 0755);
	run();
	has("nspawn:deb", " engine=nspawn command=init cap_add=CAP_NET_ADMIN, CAP_SYS_ADMIN "
			  "mounts=/etc:/host:ro, /srv:/srv:rw network=host userns_mode=host "
			  "ports=tcp:80:8080 environment=A");
	has("image:nspawn:deb", " type=image engine=nspawn rootfs=/var/lib/machines/deb");
	has("image:nspawn:vm", " rootfs=/var/lib/machines/vm.raw");
	has("lxc:c1", " engine=lxc command=/sbin/init x cap_drop=CAP_MKNOD, CAP_SYS_TIME "
		      "mounts=/srv:/srv:ro devices=a network=host userns_mode=private restart=at "
		      "boot security=lxc.include=/usr/share/lxc/config/common.conf rootfs=dir:/c1");
	has("incus:i1", " rootfs=/var/lib/incus/storage-pools/p/containers/i1");
	assert_int_equal(room.n, 5);
}

/* [[[[… costs a naive reader its stack, [],[],… its memory. */
static void hostile_json_is_a_gap(void **state)
{
	static char bytes[4 << 20];

	(void)state;
	room_text(root, "var/lib/docker/containers/1/config.v2.json", "{\"Name\":\"/good\"}");
	room_text(root, "var/lib/docker/containers/2/config.v2.json", "{\n\"Name\": \"/x\"");
	room_text(root, "var/lib/docker/containers/3/config.v2.json", "[\"Name\"]");
	room_text(root, "var/lib/docker/containers/4/config.v2.json", "{\"Name\":\"/\xff\"}");
	memset(bytes, '[', sizeof bytes);
	room_file(root, "var/lib/docker/containers/5/config.v2.json", bytes, sizeof bytes, 0644);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = "[],"[i % 3];
	room_file(root, "var/lib/docker/containers/6/config.v2.json", bytes, sizeof bytes, 0644);
	snprintf(bytes, sizeof bytes, "{\"Name\":%.*s", 99,
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
	room_text(root, "var/lib/docker/containers/7/config.v2.json", bytes);
	room_text(root, "var/lib/docker/containers/8/config.v2.json", "{\"Name\":\"/x\"}");
	room_text(root, "var/lib/docker/containers/8/hostconfig.json", "{\n\"trunc");
	room_text(root, "var/lib/lxc/c/config", "lxc.net.0.type = veth\nwhat is this\n");
	assert_non_null(strstr(run(), "gap docker… format: 'var/lib/docker/containers/2/"
				      "config.v2.json': line 2: "));
	assert_non_null(strstr(run(), "containers/3/config.v2.json': a container without"));
	assert_non_null(strstr(run(), "containers/4/config.v2.json': line 1: "));
	assert_non_null(strstr(run(), "containers/5/config.v2.json': JSON nested too deep\n"));
	assert_non_null(strstr(run(), "containers/6/config.v2.json': JSON of too many values\n"));
	assert_non_null(strstr(run(), "containers/7/config.v2.json': JSON nested too deep\n"));
	assert_non_null(strstr(run(), "containers/8/config.v2.json': hostconfig.json beside it: "
				      "line 2: "));
	assert_non_null(strstr(run(), "gap lxc… format: 'var/lib/lxc/c/config': line 2 is no "));
	has("docker:good", " state=created");
	has("lxc:c", " network=veth");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_host_without_any_has_none),
		TEST(docker_tells_what_opens_the_host),
		TEST(docker_says_its_state),
		TEST(docker_where_the_administrator_put_it),
		TEST(docker_images_by_every_name),
		TEST(podman_as_it_writes),
		TEST(containerd_by_what_runs),
		TEST(systems_in_folders),
		TEST(hostile_json_is_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
