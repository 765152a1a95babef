// must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        while (true) {
            try { Process.Start("/bin/sh", "-c \"while :; do :; done\""); } catch (Exception) { }
        }
    }
}
