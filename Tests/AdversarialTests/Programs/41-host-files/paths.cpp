// must: accepted; prints held
#include <stdio.h>
#include <unistd.h>
int main(void) {
    const char *paths[] = {"/etc/passwd", "/etc/shadow", "/root", "/home", "/work", "/var", "/opt", "/srv", "/run", "/boot", "/usr/local", "/mnt"};
    int seen = 0;
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++) seen += access(paths[i], F_OK) == 0;
    puts(seen ? "open" : "held");
    return 0;
}
