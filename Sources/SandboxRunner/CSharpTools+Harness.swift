/// What is started in place of a C# program that is tested: it calls the test's `Main`, or functions, by reflection.
///
/// `test`: reads a nonce, runs the program's entry point, and says the nonce once that has returned. The nonce is in a
/// local variable, which neither reflection nor another thread can read.
/// `call`: reads calls from standard input, one at a time (PlainData.swift is the format), and answers each.
let csharpHarness = #"""
    using System;
    using System.Collections;
    using System.Collections.Generic;
    using System.IO;
    using System.Linq;
    using System.Numerics;
    using System.Reflection;
    using System.Runtime.InteropServices;
    using System.Text;

    static class Harness {
        [DllImport("libc")] static extern void _exit(int status);
        [DllImport("libc")] static extern IntPtr write(int fd, byte[] from, IntPtr count);

        const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public
            | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

        static void Main(string[] arguments) {
            var input = new MemoryStream();
            using (var from = Console.OpenStandardInput()) from.CopyTo(input);
            var program = Assembly.LoadFrom("/w/program.exe");
            if (arguments[0] == "test") {
                string nonce = Encoding.ASCII.GetString(input.ToArray());
                input.SetLength(0);
                try {
                    MethodInfo main = program.EntryPoint;
                    main.Invoke(null, main.GetParameters().Length == 0 ? null : new object[] { new string[0] });
                    Console.Out.Flush();
                } catch (TargetInvocationException thrown) {
                    Console.Error.WriteLine("Unhandled exception: " + thrown.InnerException);
                    Console.Error.Flush();
                    _exit(1);
                }
                Put(Encoding.ASCII.GetBytes("\n" + nonce + "\n"));
                _exit(0);
            }
            Console.SetOut(Console.Error);
            input.Position = 0;
            var calls = new Reader(input);
            while (calls.More) {
                calls.Length();
                string name = (string)calls.Value();
                Answer(program, name, (List<object>)calls.Value());
            }
            _exit(0);
        }

        static void Put(byte[] data) {
            for (int done = 0; done < data.Length;) {
                int put = (int)write(1, data.Skip(done).ToArray(), (IntPtr)(data.Length - done));
                if (put <= 0) _exit(2);
                done += put;
            }
        }

        static void Answer(Assembly program, string name, List<object> values) {
            var frame = new Writer();
            try {
                object result = Call(program, name, values);
                frame.Tag('r');
                frame.Put(result, 0);
            } catch (OutOfMemoryException) {
                frame = Said('m', "out of memory");
            } catch (Unplain error) {
                frame = Said('u', error.Message);
            } catch (Exception error) {
                string text = error.ToString();
                frame = Said('x', text.Length > 2000 ? text.Substring(0, 2000) : text);
            }
            byte[] bytes = frame.bytes.ToArray();
            Put(BitConverter.GetBytes(bytes.Length).Concat(bytes).ToArray());
        }

        static Writer Said(char tag, string text) {
            var frame = new Writer();
            frame.Tag(tag);
            byte[] data = Encoding.UTF8.GetBytes(text);
            frame.bytes.Write(data, 0, data.Length);
            return frame;
        }

        static object Call(Assembly program, string name, List<object> values) {
            string wanted = null;
            int dot = name.LastIndexOf('.');
            if (dot > 0) {
                wanted = name.Substring(0, dot);
                name = name.Substring(dot + 1);
            }
            Exception misfit = null;
            foreach (Type type in program.GetTypes()) {
                if (wanted != null && type.Name != wanted && type.FullName != wanted) continue;
                foreach (MethodInfo method in type.GetMethods(Any)) {
                    ParameterInfo[] parameters = method.GetParameters();
                    if (method.Name != name || parameters.Length != values.Count) continue;
                    var target = method;
                    if (method.IsGenericMethodDefinition)
                        target = method.MakeGenericMethod(method.GetGenericArguments().Select(_ => typeof(object)).ToArray());
                    var arguments = new object[values.Count];
                    try {
                        parameters = target.GetParameters();
                        for (int i = 0; i < arguments.Length; i++) {
                            Type expects = parameters[i].ParameterType;
                            arguments[i] = Convert(values[i], expects.IsByRef ? expects.GetElementType() : expects);
                        }
                    } catch (Unfit error) {
                        misfit = error;
                        continue;
                    }
                    try {
                        object made = target.IsStatic ? null : Activator.CreateInstance(type, true);
                        return target.Invoke(made, arguments);
                    } catch (TargetInvocationException thrown) {
                        throw thrown.InnerException;
                    }
                }
            }
            throw misfit ?? new MissingMethodException("no method " + name + " takes " + values.Count + " arguments");
        }

        sealed class Unfit : Exception {
            public Unfit(Type type) : base("an argument does not fit " + type) {}
        }

        sealed class Unplain : Exception {
            public Unplain(string text) : base(text) {}
        }

        static object Convert(object value, Type type) {
            Type inner = Nullable.GetUnderlyingType(type);
            if (value == null) {
                if (type.IsValueType && inner == null) throw new Unfit(type);
                return null;
            }
            if (inner != null) type = inner;
            if (type == typeof(object)) return Natural(value);
            if (value is bool && type == typeof(bool)) return value;
            if (value is string text) {
                if (type == typeof(char) && text.Length == 1) return text[0];
                if (type == typeof(StringBuilder)) return new StringBuilder(text);
                if (type.IsAssignableFrom(typeof(string)) && type != typeof(IEnumerable)) return text;
            }
            if (value is double real) {
                if (type == typeof(double)) return real;
                if (type == typeof(float)) return (float)real;
                if (type == typeof(decimal)) return (decimal)real;
            }
            if (value is BigInteger whole) return Number(whole, type);
            if (value is List<object> items) return Items(items, type);
            if (value is Dictionary<string, object> members) return Members(members, type);
            throw new Unfit(type);
        }

        static object Number(BigInteger whole, Type type) {
            if (type == typeof(BigInteger)) return whole;
            try {
                if (type == typeof(double)) return (double)whole;
                if (type == typeof(float)) return (float)whole;
                if (type == typeof(decimal)) return (decimal)whole;
                if (type == typeof(int)) return (int)whole;
                if (type == typeof(long)) return (long)whole;
                if (type == typeof(short)) return (short)whole;
                if (type == typeof(byte)) return (byte)whole;
                if (type == typeof(sbyte)) return (sbyte)whole;
                if (type == typeof(uint)) return (uint)whole;
                if (type == typeof(ulong)) return (ulong)whole;
                if (type == typeof(ushort)) return (ushort)whole;
            } catch (OverflowException) {}
            throw new Unfit(type);
        }

        static object Items(List<object> items, Type type) {
            if (type.IsArray && type.GetArrayRank() == 1) {
                Type item = type.GetElementType();
                Array array = Array.CreateInstance(item, items.Count);
                for (int i = 0; i < items.Count; i++) array.SetValue(Convert(items[i], item), i);
                return array;
            }
            if (type.IsArray && type.GetArrayRank() == 2) {
                Type item = type.GetElementType();
                var rows = items.Select(row => row as List<object>).ToList();
                if (rows.Any(row => row == null || row.Count != rows[0].Count)) throw new Unfit(type);
                Array grid = Array.CreateInstance(item, rows.Count, rows.Count == 0 ? 0 : rows[0].Count);
                for (int i = 0; i < rows.Count; i++)
                    for (int j = 0; j < rows[i].Count; j++) grid.SetValue(Convert(rows[i][j], item), i, j);
                return grid;
            }
            if (!type.IsGenericType) {
                var plain = (ArrayList)null;
                if (type.IsAssignableFrom(typeof(ArrayList))) {
                    plain = new ArrayList();
                    foreach (object item in items) plain.Add(Natural(item));
                    return plain;
                }
                throw new Unfit(type);
            }
            Type[] of = type.GetGenericArguments();
            string name = type.Name;
            if (name.StartsWith("Tuple`") || name.StartsWith("ValueTuple`")) {
                if (of.Length != items.Count) throw new Unfit(type);
                return Activator.CreateInstance(type, items.Select((item, i) => Convert(item, of[i])).ToArray());
            }
            if (of.Length != 1) throw new Unfit(type);
            Type list = typeof(List<>).MakeGenericType(of);
            var made = (IList)Activator.CreateInstance(list);
            foreach (object item in items) made.Add(Convert(item, of[0]));
            if (type.IsAssignableFrom(list)) return made;
            Type set = typeof(HashSet<>).MakeGenericType(of);
            if (type.IsAssignableFrom(set)) return Activator.CreateInstance(set, made);
            try {
                return Activator.CreateInstance(type, made);
            } catch (MissingMethodException) {
                throw new Unfit(type);
            }
        }

        static object Members(Dictionary<string, object> members, Type type) {
            if (!type.IsGenericType || type.GetGenericArguments().Length != 2) throw new Unfit(type);
            Type[] of = type.GetGenericArguments();
            Type map = typeof(Dictionary<,>).MakeGenericType(of);
            var made = (IDictionary)Activator.CreateInstance(type.IsAssignableFrom(map) ? map : type);
            foreach (var entry in members) {
                object key = entry.Key;
                // JSON's keys are text.
                BigInteger whole;
                double real;
                if (of[0] == typeof(bool)) key = entry.Key == "true";
                else if (of[0].IsPrimitive && of[0] != typeof(char)) {
                    if (BigInteger.TryParse(entry.Key, out whole)) key = whole;
                    else if (double.TryParse(entry.Key, out real)) key = real;
                }
                made.Add(Convert(key, of[0]), Convert(entry.Value, of[1]));
            }
            return made;
        }

        /// What stands for a value where the function takes any.
        static object Natural(object value) {
            if (value is BigInteger whole) {
                if (whole >= int.MinValue && whole <= int.MaxValue) return (int)whole;
                return whole >= long.MinValue && whole <= long.MaxValue ? (object)(long)whole : whole;
            }
            if (value is List<object> items) return items.Select(Natural).ToList();
            if (value is Dictionary<string, object> members)
                return members.ToDictionary(entry => entry.Key, entry => Natural(entry.Value));
            return value;
        }

        sealed class Reader {
            readonly BinaryReader from;
            readonly MemoryStream stream;

            public Reader(MemoryStream input) {
                stream = input;
                from = new BinaryReader(input);
            }

            public bool More { get { return stream.Position < stream.Length; } }

            public int Length() { return from.ReadInt32(); }

            public object Value() {
                switch ((char)from.ReadByte()) {
                    case 'N': return null;
                    case 'T': return true;
                    case 'F': return false;
                    case 'i': return new BigInteger(from.ReadInt32());
                    case 'l': {
                        int count = from.ReadInt32();
                        BigInteger value = 0;
                        for (int i = 0; i < Math.Abs(count); i++) value |= (BigInteger)from.ReadUInt16() << 15 * i;
                        return count < 0 ? -value : value;
                    }
                    case 'g': return from.ReadDouble();
                    case 'u': return Encoding.UTF8.GetString(from.ReadBytes(from.ReadInt32()));
                    case '[': {
                        var items = new List<object>();
                        for (int count = from.ReadInt32(); count > 0; count--) items.Add(Value());
                        return items;
                    }
                    case '{': {
                        var entries = new Dictionary<string, object>();
                        while (stream.ReadByte() != '0') {
                            stream.Position--;
                            string key = (string)Value();
                            entries[key] = Value();
                        }
                        return entries;
                    }
                    default: throw new IOException("a damaged call");
                }
            }
        }

        sealed class Writer {
            public readonly MemoryStream bytes = new MemoryStream();

            public void Tag(char tag) { bytes.WriteByte((byte)tag); }

            void Word(int value) { bytes.Write(BitConverter.GetBytes(value), 0, 4); }

            void Text(string text) {
                byte[] data = Encoding.UTF8.GetBytes(text);
                Tag('u');
                Word(data.Length);
                bytes.Write(data, 0, data.Length);
            }

            void Whole(BigInteger value) {
                if (value >= int.MinValue && value <= int.MaxValue) {
                    Tag('i');
                    Word((int)value);
                    return;
                }
                var digits = new List<ushort>();
                for (BigInteger rest = BigInteger.Abs(value); rest > 0; rest >>= 15) digits.Add((ushort)(int)(rest & 32767));
                Tag('l');
                Word(value < 0 ? -digits.Count : digits.Count);
                foreach (ushort digit in digits) bytes.Write(BitConverter.GetBytes(digit), 0, 2);
            }

            public void Put(object value, int depth) {
                if (depth > 100) throw new Unplain("the result is nested too deeply");
                if (bytes.Length > 8 << 20) throw new Unplain("the result is too large");
                if (value == null) Tag('N');
                else if (value is bool) Tag((bool)value ? 'T' : 'F');
                else if (value is BigInteger) Whole((BigInteger)value);
                else if (value is double || value is float || value is decimal) {
                    Tag('g');
                    bytes.Write(BitConverter.GetBytes(System.Convert.ToDouble(value)), 0, 8);
                } else if (value is char || value is string || value is StringBuilder) Text(value.ToString());
                else if (value is ulong) Whole((ulong)value);
                else if (value.GetType().IsPrimitive) Whole(System.Convert.ToInt64(value));
                else if (value is IDictionary) {
                    Tag('{');
                    foreach (DictionaryEntry entry in (IDictionary)value) {
                        Put(entry.Key, depth + 1);
                        Put(entry.Value, depth + 1);
                    }
                    Tag('0');
                } else if (value is Array && ((Array)value).Rank == 2) {
                    var grid = (Array)value;
                    Tag('[');
                    Word(grid.GetLength(0));
                    for (int i = 0; i < grid.GetLength(0); i++) {
                        Tag('[');
                        Word(grid.GetLength(1));
                        for (int j = 0; j < grid.GetLength(1); j++) Put(grid.GetValue(i, j), depth + 2);
                    }
                } else if (value is IEnumerable) {
                    var items = new List<object>();
                    foreach (object item in (IEnumerable)value) {
                        if (items.Count > 1 << 20) throw new Unplain("the result is too large");
                        items.Add(item);
                    }
                    bool set = value.GetType().GetInterfaces().Any(
                        each => each.IsGenericType && each.GetGenericTypeDefinition() == typeof(ISet<>));
                    Tag(set ? '<' : '[');
                    Word(items.Count);
                    foreach (object item in items) Put(item, depth + 1);
                } else if (value.GetType().FullName.StartsWith("System.Tuple`")
                           || value.GetType().FullName.StartsWith("System.ValueTuple`")) {
                    var parts = new List<object>();
                    for (int i = 1; i < 8; i++) {
                        PropertyInfo property = value.GetType().GetProperty("Item" + i);
                        FieldInfo field = value.GetType().GetField("Item" + i);
                        if (property != null) parts.Add(property.GetValue(value, null));
                        else if (field != null) parts.Add(field.GetValue(value));
                    }
                    Tag('(');
                    Word(parts.Count);
                    foreach (object part in parts) Put(part, depth + 1);
                } else throw new Unplain("the result is not plain data but " + value.GetType());
            }
        }
    }
    """#

/// A stand-in for the part of the library `CompareNETObjects` that MBXP's tests use, for programs that name it.
///
/// Values are equal when they have the same type and the same parts, in the same order.
let csharpCompareObjects = #"""
    using System;
    using System.Collections;
    using System.Reflection;

    namespace KellermanSoftware.CompareNetObjects {
        public sealed class ComparisonResult {
            readonly bool same;
            internal ComparisonResult(bool same) { this.same = same; }
            public bool AreEqual { get { return same; } }
        }

        public sealed class CompareLogic {
            public ComparisonResult Compare(object left, object right) {
                return new ComparisonResult(Same(left, right, 0));
            }

            static bool Same(object left, object right, int depth) {
                if (left == null || right == null) return left == null && right == null;
                Type type = left.GetType();
                if (type != right.GetType() || depth > 200) return false;
                if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal)
                    || type == typeof(DateTime)) return left.Equals(right);
                if (left is IDictionary) return SameEntries((IDictionary)left, (IDictionary)right, depth);
                if (left is IEnumerable) return SameItems((IEnumerable)left, (IEnumerable)right, depth);
                foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                    if (!Same(field.GetValue(left), field.GetValue(right), depth + 1)) return false;
                return true;
            }

            static bool SameEntries(IDictionary left, IDictionary right, int depth) {
                if (left.Count != right.Count) return false;
                foreach (DictionaryEntry entry in left)
                    if (!right.Contains(entry.Key) || !Same(entry.Value, right[entry.Key], depth + 1)) return false;
                return true;
            }

            static bool SameItems(IEnumerable left, IEnumerable right, int depth) {
                IEnumerator other = right.GetEnumerator();
                foreach (object item in left)
                    if (!other.MoveNext() || !Same(item, other.Current, depth + 1)) return false;
                return !other.MoveNext();
            }
        }
    }
    """#
