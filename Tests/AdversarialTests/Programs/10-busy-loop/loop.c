// must: time_limit; cpu 0.3; wall 10
int main(void) {
    for (volatile int i = 0;; i++) continue;
}
