/// The C# compiler, kept warm: pid 1 of a slot of its own, which compiles one program after the other.
///
/// Request: u32 number of files, (name, bytes) each, u8 1 for a library, u32 number of more options, bytes each. Reply: u8 0
/// compiled, 1 refused, 2 the compiler itself is in trouble; what it said; u32 number of files made, (name, bytes) each.
/// A message of no length means "stop": the process ends at once.
let csharpCompilerServer = #"""
    using System;
    using System.Collections.Generic;
    using System.IO;
    using System.Reflection;
    using System.Runtime.InteropServices;
    using System.Text;
    using System.Threading;

    static class CompilerServer {
        [DllImport("libc", SetLastError = true)] static extern IntPtr read(int fd, byte[] into, IntPtr count);
        [DllImport("libc", SetLastError = true)] static extern IntPtr write(int fd, byte[] from, IntPtr count);
        [DllImport("libc")] static extern void _exit(int status);

        static MethodInfo invoke;
        static volatile bool working;

        static int Main(string[] arguments) {
            Directory.SetCurrentDirectory("/w");
            var compiler = Assembly.LoadFrom("/usr/lib/mono/4.5/mcs.exe");
            invoke = compiler.GetType("Mono.CSharp.CompilerCallableEntryPoint", true)
                .GetMethod("InvokeCompiler", BindingFlags.Static | BindingFlags.Public);
            for (int i = 0; i < 2; i++)
                if (Compile(new[] { new KeyValuePair<string, byte[]>("warm.cs", Encoding.UTF8.GetBytes(Warm)) },
                            false, new string[0])[0] != 0) return 1;
            Send(Encoding.ASCII.GetBytes("warm"));
            while (true) {
                int length = BitConverter.ToInt32(Take(4), 0);
                if (length == 0) {
                    if (working) _exit(3);
                    continue;
                }
                byte[] request = Take(length);
                working = true;
                new Thread(() => Serve(request), 64 << 20) { IsBackground = true }.Start();
            }
        }

        static void Serve(byte[] request) {
            byte[] reply;
            try {
                var from = new BinaryReader(new MemoryStream(request));
                var files = new KeyValuePair<string, byte[]>[from.ReadInt32()];
                for (int i = 0; i < files.Length; i++) {
                    string name = Encoding.UTF8.GetString(from.ReadBytes(from.ReadInt32()));
                    files[i] = new KeyValuePair<string, byte[]>(name, from.ReadBytes(from.ReadInt32()));
                }
                bool library = from.ReadByte() == 1;
                var options = new string[from.ReadInt32()];
                for (int i = 0; i < options.Length; i++)
                    options[i] = Encoding.UTF8.GetString(from.ReadBytes(from.ReadInt32()));
                reply = Compile(files, library, options);
            } catch (Exception trouble) {
                reply = Answer(2, trouble.ToString(), null);
            }
            working = false;
            Send(reply);
        }

        static byte[] Compile(KeyValuePair<string, byte[]>[] files, bool library, string[] options) {
            var arguments = new List<string> { "-nologo", "-warn:0", "-optimize+", "-langversion:latest",
                "-target:" + (library ? "library" : "exe"), "-out:/w/program.exe" };
            arguments.AddRange(options);
            try {
                foreach (var file in files) {
                    File.WriteAllBytes("/w/" + file.Key, file.Value);
                    arguments.Add(file.Key);
                }
                var said = new StringWriter();
                bool good = (bool)invoke.Invoke(null, new object[] { arguments.ToArray(), said });
                string text = said.ToString();
                if (text.Length > 65536) text = text.Substring(0, 65536);
                if (text.Contains("Internal compiler error") || text.Contains("CS0584") || text.Contains("CS0589"))
                    return Answer(2, text, null);
                return Answer(good ? 0 : 1, text, good ? File.ReadAllBytes("/w/program.exe") : null);
            } catch (TargetInvocationException thrown) {
                return Answer(2, thrown.InnerException.ToString(), null);
            } finally {
                foreach (string left in Directory.GetFiles("/w")) File.Delete(left);
            }
        }

        static byte[] Answer(int status, string said, byte[] made) {
            var whole = new MemoryStream();
            var to = new BinaryWriter(whole);
            to.Write((byte)status);
            Put(to, Encoding.UTF8.GetBytes(said));
            to.Write(made == null ? 0 : 1);
            if (made != null) {
                Put(to, Encoding.UTF8.GetBytes("program.exe"));
                Put(to, made);
            }
            return whole.ToArray();
        }

        static void Put(BinaryWriter to, byte[] data) {
            to.Write(data.Length);
            to.Write(data);
        }

        static byte[] Take(int count) {
            var bytes = new byte[count];
            var part = new byte[65536];
            for (int done = 0; done < count;) {
                int got = (int)read(0, part, (IntPtr)Math.Min(part.Length, count - done));
                if (got <= 0) _exit(0);
                Buffer.BlockCopy(part, 0, bytes, done, got);
                done += got;
            }
            return bytes;
        }

        static void Send(byte[] data) {
            var whole = new byte[data.Length + 4];
            BitConverter.GetBytes(data.Length).CopyTo(whole, 0);
            data.CopyTo(whole, 4);
            for (int done = 0; done < whole.Length;) {
                var rest = new byte[whole.Length - done];
                Buffer.BlockCopy(whole, done, rest, 0, rest.Length);
                int put = (int)write(0, rest, (IntPtr)rest.Length);
                if (put <= 0) _exit(0);
                done += put;
            }
        }

        const string Warm = @"
            using System; using System.Linq; using System.Collections.Generic; using System.Text;
            public class Warm {
                static T Largest<T>(List<T> values) where T : IComparable<T> {
                    T best = values[0];
                    foreach (T value in values) if (value.CompareTo(best) > 0) best = value;
                    return best;
                }
                static Dictionary<string, int> Count(string text) {
                    var seen = new Dictionary<string, int>();
                    foreach (string word in text.Split(' ')) seen[word] = seen.ContainsKey(word) ? seen[word] + 1 : 1;
                    if (seen.Count == 0) throw new Exception(""empty "" + text);
                    return seen;
                }
                public static void Main(string[] arguments) {
                    var even = new List<int> { 1, 2, 3 }.Where(v => v % 2 == 0).Select(v => v * 2).OrderBy(v => v).ToList();
                    var text = new StringBuilder();
                    int[,] grid = new int[2, 2];
                    for (int i = 0; i < 2; i++) text.Append(grid[i, i]).Append(i);
                    Console.WriteLine(text.ToString() + Largest(even) + Count(""a b"").Count + string.Join("","", even));
                }
            }";
    }
    """#
