// must: accepted; prints held
using System;
using System.IO;
using System.Collections.Generic;
using System.Threading;
using System.Diagnostics;
class Program {
    static void Main() {
        try {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream,
                                                       System.Net.Sockets.ProtocolType.Tcp);
            socket.Connect("127.0.0.1", 8000);
            Console.WriteLine("open");
        } catch (Exception) { Console.WriteLine("held"); }
    }
}
