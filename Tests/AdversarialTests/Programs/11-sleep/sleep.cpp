// must: time_limit; wall 1
#include <chrono>
#include <thread>
int main() { std::this_thread::sleep_for(std::chrono::seconds(60)); }
