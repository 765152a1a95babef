// must: compile_error; compile 2
template <int n, int m> struct Wide {
    static const long value = Wide<n - 1, 2 * m>::value + Wide<n - 1, 2 * m + 1>::value;
};
template <int m> struct Wide<0, m> { static const long value = m; };
int main() { return Wide<26, 0>::value != 0; }
