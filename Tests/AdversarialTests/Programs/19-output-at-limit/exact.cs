// must: accepted; output 4096; prints 4095 x
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        Console.WriteLine(new String('x', 4095));
    }
}
