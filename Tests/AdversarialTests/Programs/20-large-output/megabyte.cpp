// must: accepted; prints 1000000 x
#include <iostream>
#include <string>
int main() { std::cout << std::string(1000000, 'x') << std::endl; }
