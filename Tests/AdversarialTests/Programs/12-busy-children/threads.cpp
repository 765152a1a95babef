// must: time_limit|runtime_error; cpu 0.4; wall 10; processes 32
#include <thread>
#include <vector>
static void burn() {
    for (volatile int i = 0;; i++) continue;
}
int main() {
    std::vector<std::thread> all;
    for (int i = 0; i < 8; i++) all.emplace_back(burn);
    for (auto &thread : all) thread.join();
}
