// must: time_limit; wall 1
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        Thread.Sleep(60000);
    }
}
