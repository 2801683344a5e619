#include "os/stop.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/attr.h"

static volatile sig_atomic_t asked;

static void on_signal(int signal)
{
	(void)signal;
	asked = 1;
}

void stop_on_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	/* the default action comes back with the first signal: the second one ends the process */
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigemptyset(&stop.sa_mask);
	sigemptyset(&ignore.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct sigaction was;

		/* nohup: an ignored signal stays ignored */
		if (sigaction(signals[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &stop, NULL);
	}
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

bool stop_asked(void)
{
	return asked != 0;
}

bool stop_with_parent(int parent)
{
	const struct sigaction ends = { .sa_handler = SIG_DFL }, deaf = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGTERM, &ends, NULL);
	(void)sigaction(SIGHUP, &ends, NULL);
	(void)sigaction(SIGINT, &deaf, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent;
}
