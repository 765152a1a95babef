// must: memory_limit|runtime_error; memory 64; cpu 5; wall 20
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        var kept = new List<byte[]>();
        while (true) { var page = new byte[4096]; page[0] = 1; kept.Add(page); }
    }
}
