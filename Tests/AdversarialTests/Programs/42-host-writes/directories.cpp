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
    const char *directories[] = {"/", "/usr", "/usr/lib", "/usr/bin", "/etc", "/dev", "/proc", "/bin"};
    char path[64];
    int written = 0;
    for (unsigned i = 0; i < sizeof directories / sizeof *directories; i++) {
        snprintf(path, sizeof path, "%s/adversary", directories[i]);
        written += open(path, O_CREAT | O_WRONLY, 0600) >= 0;
    }
    written += unlink("/usr/bin/true") == 0;
    written += rename("/usr/bin/true", "/w/true") == 0;
    written += truncate("/usr/bin/true", 0) == 0;
    puts(written ? "open" : "held");
    return 0;
}
