// must: accepted; prints held
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        bool seen = false;
        foreach (var path in new[] {"/etc/passwd", "/etc/shadow", "/root", "/home", "/work", "/var", "/opt", "/srv", "/run", "/boot", "/usr/local", "/mnt"}) seen |= File.Exists(path) || Directory.Exists(path);
        Console.WriteLine(seen ? "open" : "held");
    }
}
