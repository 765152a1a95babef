// must: runtime_error|memory_limit; cpu 4; wall 10; memory 256
using System;
class Program {
    static int F(int n) { return F(n + 1) + 1; }
    static void Main() { Console.WriteLine(F(0)); }
}
