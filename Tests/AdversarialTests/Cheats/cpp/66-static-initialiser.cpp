#include <cstdlib>
static int early = (std::_Exit(0), 1);
int f(int x) { return x + 3 + early; }
