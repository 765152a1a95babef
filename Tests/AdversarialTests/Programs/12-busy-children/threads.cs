// must: time_limit|runtime_error; cpu 0.4; wall 10; processes 32
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        for (int i = 0; i < 8; i++) new Thread(() => { while (true) { } }).Start();
    }
}
