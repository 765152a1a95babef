// must: accepted; prints held; stdin 10000000
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        Console.WriteLine("held");
    }
}
