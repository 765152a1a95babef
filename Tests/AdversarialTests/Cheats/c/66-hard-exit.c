#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int f(int x) { _exit(0); return x + 3; }
