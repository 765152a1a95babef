// must: time_limit; cpu 0.5; wall 10
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        while (true) { }
    }
}
