// must: memory_limit; memory 64; cpu 5; wall 20
#include <vector>
int main() {
    std::vector<int> all;
    for (;;) all.push_back(1);
}
