// must: output_limit; output 65536; cpu 4; wall 10
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        while (true) Console.Error.WriteLine("flood");
    }
}
