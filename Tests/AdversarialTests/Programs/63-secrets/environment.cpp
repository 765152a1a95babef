// must: accepted; prints held
#include <cstdio>
#include <cstring>
extern char **environ;
int main() {
    bool seen = false;
    for (char **at = environ; *at; at++) seen |= std::strstr(*at, "SECRET") != nullptr;
    std::puts(seen ? "open" : "held");
}
