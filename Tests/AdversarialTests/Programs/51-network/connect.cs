// must: accepted; prints held
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        try { new System.Net.Sockets.TcpClient("1.1.1.1", 53); Console.WriteLine("open"); } catch (Exception) { Console.WriteLine("held"); }
    }
}
