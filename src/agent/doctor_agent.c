/* The service, and the agent that runs. */
#include "agent/doctor.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define SERVICE "Service"

void doctor_agent(struct doctor *d)
{
	if (access("/run/systemd/system", F_OK) < 0)
		doctor_say(d, SERVICE, "systemd", DOCTOR_NOTE, NULL,
			"not in charge here: whatever starts invar agent must start it again");
}
