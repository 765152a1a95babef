#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int f(int x) { quick_exit(0); return x + 3; }
