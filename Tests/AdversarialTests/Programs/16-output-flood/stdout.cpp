// must: output_limit; output 65536; cpu 4; wall 10
#include <iostream>
int main() {
    for (;;) std::cout << "flood\n";
}
