// must: runtime_error|memory_limit|time_limit; cpu 0.4; wall 3; memory 96; processes 24
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        while (true) new Thread(() => Thread.Sleep(60000)).Start();
    }
}
