// The supervisor of one sandbox slot; see CSandbox/supervisor.c. Started by the sandbox runner, never by hand.
#include "csandbox.h"

int main(void) { return csandbox_supervise(); }
