// must: accepted; output 4096; prints 4095 x
#include <iostream>
#include <string>
int main() { std::cout << std::string(4095, 'x') << std::endl; }
