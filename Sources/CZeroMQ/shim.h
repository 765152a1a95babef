#pragma once
#include <zmq.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>

// Asks the kernel for SIGCONT when the parent ends, for as long as the calling thread lives; prctl has no fixed arguments, and Swift
// cannot call it. Returns 0 or -1.
static inline int czeromq_continue_when_parent_ends(void) { return prctl(PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0); }
