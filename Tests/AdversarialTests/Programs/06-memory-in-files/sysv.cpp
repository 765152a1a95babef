// must: accepted; prints held
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
int main(void) {
    puts(shmget(IPC_PRIVATE, 1 << 20, 0600) < 0 ? "held" : "open");
    return 0;
}
