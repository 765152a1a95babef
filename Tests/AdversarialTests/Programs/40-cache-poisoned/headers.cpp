// must: accepted; prints held
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
    int opened = 0;
    opened |= open("/headers/bits/stdc++.h.gch", O_WRONLY) >= 0;
    opened |= open("/headers/evil.h", O_CREAT | O_WRONLY, 0600) >= 0;
    opened |= open("/usr/include/evil.h", O_CREAT | O_WRONLY, 0600) >= 0;
    opened |= unlink("/headers/bits/stdc++.h.gch") == 0;
    opened |= open("/prepared/evil", O_CREAT | O_WRONLY, 0600) >= 0;
    opened |= open("/prepared/cpp/evil.h", O_CREAT | O_WRONLY, 0600) >= 0;
    puts(opened ? "open" : "held");
    return 0;
}
