// must: accepted; prints held
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        int written = 0;
        foreach (var directory in new[] {"/", "/usr", "/usr/lib", "/usr/bin", "/etc", "/dev", "/proc", "/bin"}) {
            try { File.WriteAllText(directory + "/adversary", ""); written++; } catch (Exception) { }
        }
        Console.WriteLine(written == 0 ? "held" : "open");
    }
}
