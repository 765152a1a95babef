// must: compile_error; compile 2
constexpr int forever(int n) {
    while (true) n = n + 1 & 7;
    return n;
}
constexpr int value = forever(0);
int main() { return value; }
