// must: accepted; prints held
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        Console.WriteLine(Environment.GetEnvironmentVariable("PPOCODER_ADVERSARY_SECRET") == null ? "held" : "open");
    }
}
