#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void leave(void) { _exit(0); }
int f(int x) { atexit(leave); exit(1); return x + 3; }
