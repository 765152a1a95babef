// must: accepted; prints held; stdin 10000000
#include <iostream>
int main() { std::cout << "held\n"; }
