// must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        try {
            for (int i = 0; i < 1000; i++) File.WriteAllBytes("/w/" + i, new byte[4 << 20]);
            Console.WriteLine("open");
        } catch (IOException) { Console.WriteLine("held"); }
    }
}
