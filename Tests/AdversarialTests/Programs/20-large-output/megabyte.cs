// must: accepted; prints 1000000 x
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        Console.WriteLine(new String('x', 1000000));
    }
}
