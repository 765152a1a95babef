// must: accepted; prints held
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
int main(void) {
    struct utsname name;
    uname(&name);
    int changed = sethostname("evil", 4) == 0 || setdomainname("evil", 4) == 0;
    puts(!strcmp(name.nodename, "slot") && !changed ? "held" : "open");
    return 0;
}
