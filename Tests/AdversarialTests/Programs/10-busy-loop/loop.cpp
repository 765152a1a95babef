// must: time_limit; cpu 0.3; wall 10
int main() {
    for (volatile int i = 0;; i++) continue;
}
