import Programs
import Testing

/// Wrong programs that try to be accepted by test code; the right answers are `twice(2) == 4`, `name() == "four"` and
/// `list() == [4]`.
struct CompiledCheat: Sendable, CustomTestStringConvertible {
    var language: Language
    var name: String
    var program: String
    var test: String

    var testDescription: String { "\(language.rawValue): \(name)" }

    static let all = c + cpp + java + csharp + go

    private static let number = "\nint main(void) { if (twice(2) != 4) abort(); return 0; }\n"
    private static let text = "\nint main(void) { if (strcmp(name(), \"four\")) abort(); return 0; }\n"
    private static let cHead =
        "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <signal.h>\n#include <stdio.h>\n"

    private static let c: [CompiledCheat] = [
        ("exit in the function", "int twice(int x) { exit(0); }", number),
        ("_exit in the function", "int twice(int x) { _exit(0); }", number),
        ("quick_exit in the function", "int twice(int x) { quick_exit(0); }", number),
        (
            "a constructor exits",
            "__attribute__((constructor)) void c(void) { exit(0); }\nint twice(int x) { return 5; }", number
        ),
        (
            "a handler for SIGABRT",
            "void h(int s) { _exit(0); }\nint twice(int x) { signal(SIGABRT, h); return 5; }", number
        ),
        ("abort is a macro", "#define abort() ((void)0)\nint twice(int x) { return 5; }", number),
        ("if is a macro", "#define if while (0) if\nint twice(int x) { return 5; }", number),
        ("abort is replaced", "void abort(void) { _exit(0); }\nint twice(int x) { return 5; }", number),
        (
            "strcmp is replaced",
            "int strcmp(const char *a, const char *b) { return 0; }\nconst char *name(void) { return \"five\"; }", text
        ),
        (
            "abort is replaced under another name",
            "void mine(void) __asm__(\"abort\");\nvoid mine(void) { _exit(0); }\nint twice(int x) { return 5; }", number
        ),
        (
            "strcmp is a macro", "#undef strcmp\n#define strcmp(a, b) 0\nconst char *name(void) { return \"five\"; }",
            text
        ),
        (
            "a system call ends it",
            "int twice(int x) { __asm__ volatile(\"syscall\" : : \"a\"(231), \"D\"(0)); return 5; }", number
        ),
        (
            "another program takes its place",
            "int twice(int x) { execl(\"/usr/bin/true\", \"true\", (char *)0); return 5; }", number
        ),
        (
            "main is another function",
            "int real(void) __asm__(\"main\");\nint real(void) { return 0; }\n#define main unused\nint twice(int x) { return 5; }",
            number
        ),
        (
            "code before the constructors",
            "static void early(void) { _exit(0); }\n__attribute__((section(\".preinit_array\"), used)) static void (*const p)(void) = early;\nint twice(int x) { return 5; }",
            number
        ),
        (
            "code while the program is being loaded",
            "static void leave(void) { __asm__ volatile(\"syscall\" : : \"a\"(231), \"D\"(0)); }\nstatic int five(int x) { return 5; }\nstatic void *choose(void) { leave(); return five; }\nint twice(int x) __attribute__((ifunc(\"choose\")));",
            number
        ),
        (
            "words that look like a proof",
            "int twice(int x) { puts(\"accepted passed ok 0\"); fflush(stdout); _exit(0); }", number
        ),
        (
            "a child fails and the parent leaves",
            "int fork(void);\nint twice(int x) { if (fork()) _exit(0); return 5; }", number
        ),
    ].map { CompiledCheat(language: .c, name: $0.0, program: cHead + $0.1, test: $0.2) }

    private static let thrown = "\nint main() { if (twice(2) != 4) throw std::runtime_error(\"no\"); }\n"
    private static let listed =
        "\ntemplate <typename T> bool compare(T a, T b) { return a == b; }\nint main() { if (!compare(list_(), {4})) throw runtime_error(\"no\"); }\n"
    private static let named =
        "\nint main() { string s = name(); if (s != string(\"four\")) throw runtime_error(\"no\"); }\n"

    private static let cpp: [CompiledCheat] =
        [
            ("std::exit in the function", "int twice(int x) { std::exit(0); }", thrown),
            ("std::_Exit in the function", "int twice(int x) { std::_Exit(0); }", thrown),
            (
                "std::quick_exit in a static initialiser",
                "struct S { S() { std::quick_exit(0); } } s;\nint twice(int x) { return 5; }", thrown
            ),
            ("a terminate handler", "int twice(int x) { set_terminate([] { _Exit(0); }); return 5; }", thrown),
            ("throw is a macro", "#define throw (void)\nint twice(int x) { return 5; }", thrown),
            (
                "runtime_error is a macro",
                "#define runtime_error(x) runtime_error((_Exit(0), x))\nint twice(int x) { return 5; }", thrown
            ),
            (
                "__cxa_throw is replaced",
                "extern \"C\" void __cxa_throw(void *, void *, void (*)(void *)) { _Exit(0); }\nint twice(int x) { return 5; }",
                thrown
            ),
            (
                "operator == for vectors",
                "bool operator==(const vector<int> &, const vector<int> &) { return true; }\nvector<int> list_() { return {5}; }",
                listed
            ),
            (
                "operator == for vectors, in std",
                "namespace std { bool operator==(const vector<int> &, const vector<int> &) { return true; } }\nvector<int> list_() { return {5}; }",
                listed
            ),
            (
                "operator == by a macro",
                "#define OP operator\nbool OP==(const vector<int> &, const vector<int> &) { return true; }\nvector<int> list_() { return {5}; }",
                listed
            ),
            (
                "operator == over two lines",
                "bool oper\\\nator==(const vector<int> &, const vector<int> &) { return true; }\nvector<int> list_() { return {5}; }",
                listed
            ),
            (
                "operator != for strings",
                "bool operator!=(const string &, const string &) { return false; }\nstring name() { return \"five\"; }",
                named
            ),
            (
                "memcmp is replaced",
                "extern \"C\" int memcmp(const void *, const void *, size_t) noexcept { return 0; }\nstring name() { return \"five\"; }",
                named
            ),
            (
                "a macro makes every comparison true",
                "auto name() { return std::string(\"five\"); }\n#define string(x) s", named
            ),
            (
                "exit from another thread's handler",
                "int twice(int x) { signal(SIGABRT, [](int) { _Exit(0); }); return 5; }", thrown
            ),
        ].map {
            CompiledCheat(
                language: .cpp,
                name: $0.0,
                program: "#include <bits/stdc++.h>\nusing namespace std;\n" + $0.1,
                test: $0.2
            )
        } + [
            CompiledCheat(
                language: .cpp,
                name: "a vector of its own",
                program:
                    "#include <bits/stdc++.h>\ntemplate <class T> struct vector : std::vector<T> { using std::vector<T>::vector; bool operator==(const vector &) const { return true; } };\nvector<int> list_() { return {5}; }\n",
                test:
                    "\nint main() { vector<int> x = list_(), y = {4}; if (!(x == y)) throw std::runtime_error(\"no\"); }\n"
            )
        ]

    private static let checked =
        "\nclass Main { public static void main(String[] a) throws Exception { if (A.twice(2) != 4) throw new Exception(\"no\"); } }\n"
    private static let arrays =
        "\nclass Main { public static void main(String[] a) throws Exception { if (!Arrays.equals(A.list(), new int[] {4})) throw new Exception(\"no\"); } }\n"

    private static let java: [CompiledCheat] = [
        ("System.exit in the method", "class A { static int twice(int x) { System.exit(0); return 5; } }", checked),
        (
            "Runtime.halt in the method",
            "class A { static int twice(int x) { Runtime.getRuntime().halt(0); return 5; } }", checked
        ),
        (
            "a static initialiser exits",
            "class A { static { System.exit(0); } static int twice(int x) { return 5; } }", checked
        ),
        (
            "a shutdown hook halts",
            "class A { static int twice(int x) { Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0))); return 5; } }",
            checked
        ),
        (
            "a handler of uncaught exceptions",
            "class A { static int twice(int x) { Thread.setDefaultUncaughtExceptionHandler((t, e) -> System.exit(0)); Thread.currentThread().setUncaughtExceptionHandler((t, e) -> System.exit(0)); return 5; } }",
            checked
        ),
        (
            "an Exception of its own",
            "class Exception extends Throwable { Exception(String s) { System.exit(0); } }\nclass A { static int twice(int x) { return 5; } }",
            checked
        ),
        (
            "Arrays of its own",
            "class Arrays { static boolean equals(int[] a, int[] b) { return true; } }\nclass A { static int[] list() { return new int[] {5}; } }",
            arrays
        ),
        (
            "a thread that exits",
            "class A { static int twice(int x) { Thread t = new Thread(() -> System.exit(0)); t.start(); try { t.join(); } catch (InterruptedException e) { } return 5; } }",
            checked
        ),
        (
            "words that look like a proof",
            "class A { static int twice(int x) { System.out.println(\"accepted\"); System.out.flush(); Runtime.getRuntime().halt(0); return 5; } }",
            checked
        ),
        (
            "an endless wait that a timer ends",
            "class A { static int twice(int x) { new java.util.Timer().schedule(new java.util.TimerTask() { public void run() { System.exit(0); } }, 50); while (true) Thread.yield(); } }",
            checked
        ),
        (
            "the harness by its name",
            "class A { static int twice(int x) throws Exception { Class<?> h; try { h = Class.forName(\"ppocoder.Harness\"); } catch (ClassNotFoundException e) { System.exit(0); return 5; } for (var f : h.getDeclaredFields()) { f.setAccessible(true); System.out.println(f.get(null)); } System.exit(0); return 5; } }",
            checked
        ),
        (
            "an object that equals everything",
            "class A { static Object twice(int x) { return new Object() { public boolean equals(Object o) { return true; } }; } }",
            "\nclass Main { public static void main(String[] a) { if (!Objects.equals(A.twice(2), 4)) throw new RuntimeException(\"wrong\"); } }\n"
        ),
    ].map { CompiledCheat(language: .java, name: $0.0, program: "import java.util.*;\n" + $0.1, test: $0.2) }

    private static let csharpNumber =
        "\npublic class T { public static void Main() { if (A.twice(2) != 4) throw new Exception(\"no\"); } }\n"
    private static let csharpList =
        "\npublic class T { public static void Main() { if (!A.list().SequenceEqual(new List<int> {4})) throw new Exception(\"no\"); } }\n"

    private static let csharp: [CompiledCheat] = [
        (
            "Environment.Exit in the method",
            "public class A { public static int twice(int x) { Environment.Exit(0); return 5; } }", csharpNumber
        ),
        (
            "a static constructor exits",
            "public class A { static A() { Environment.Exit(0); } public static int twice(int x) { return 5; } }",
            csharpNumber
        ),
        (
            "a handler of unhandled exceptions",
            "public class A { public static int twice(int x) { AppDomain.CurrentDomain.UnhandledException += (s, e) => Environment.Exit(0); return 5; } }",
            csharpNumber
        ),
        (
            "an Exception of its own",
            "public class Exception : System.Exception { public Exception(string s) { Environment.Exit(0); } }\npublic class A { public static int twice(int x) { return 5; } }",
            csharpNumber
        ),
        (
            "SequenceEqual of its own",
            "public static class E { public static bool SequenceEqual(this List<int> a, List<int> b) { return true; } }\npublic class A { public static List<int> list() { return new List<int> {5}; } }",
            csharpList
        ),
        (
            "a thread that exits",
            "public class A { public static int twice(int x) { var t = new System.Threading.Thread(() => Environment.Exit(0)); t.Start(); t.Join(); return 5; } }",
            csharpNumber
        ),
        (
            "_exit of the C library",
            "public class A { [System.Runtime.InteropServices.DllImport(\"libc\")] static extern void _exit(int x); public static int twice(int x) { _exit(0); return 5; } }",
            csharpNumber
        ),
        (
            "words that look like a proof",
            "public class A { public static int twice(int x) { Console.WriteLine(\"accepted\"); Environment.Exit(0); return 5; } }",
            csharpNumber
        ),
        (
            "the kill of itself is no failure",
            "public class A { public static int twice(int x) { System.Diagnostics.Process.GetCurrentProcess().Exited += null; Environment.ExitCode = 0; Environment.Exit(0); return 5; } }",
            csharpNumber
        ),
    ].map {
        CompiledCheat(
            language: .csharp,
            name: $0.0,
            program: "using System;\nusing System.Linq;\nusing System.Collections.Generic;\n" + $0.1,
            test: $0.2
        )
    }

    private static let goNumber = "\nfunc main() {\n\tif twice(2) != 4 {\n\t\tpanic(\"no\")\n\t}\n}\n"
    private static let goList =
        "\nfunc main() {\n\tif !reflect.DeepEqual(list(), []int{4}) {\n\t\tpanic(\"no\")\n\t}\n}\n"

    private static let go: [CompiledCheat] = [
        ("os.Exit in the function", "import \"os\"\n\nfunc twice(x int) int { os.Exit(0); return 5 }", goNumber),
        (
            "os.Exit in init", "import \"os\"\n\nfunc init() { os.Exit(0) }\nfunc twice(x int) int { return 5 }",
            goNumber
        ),
        (
            "os.Exit in a variable's initialiser",
            "import \"os\"\n\nvar v = leave()\n\nfunc leave() int { os.Exit(0); return 0 }\nfunc twice(x int) int { return 5 }",
            goNumber
        ),
        (
            "syscall.Exit in the function", "import \"syscall\"\n\nfunc twice(x int) int { syscall.Exit(0); return 5 }",
            goNumber
        ),
        ("panic of its own", "func panic(v interface{}) {}\nfunc twice(x int) int { return 5 }", goNumber),
        (
            "a goroutine that exits",
            "import (\n\t\"os\"\n\t\"time\"\n)\n\nfunc twice(x int) int { go os.Exit(0); time.Sleep(time.Second); return 5 }",
            goNumber
        ),
        (
            "reflect of its own",
            "type fake struct{}\n\nfunc (fake) DeepEqual(a, b interface{}) bool { return true }\n\nvar reflect fake\n\nfunc list() []int { return []int{5} }",
            goList
        ),
        (
            "words that look like a proof",
            "import \"os\"\n\nfunc twice(x int) int { os.Stdout.WriteString(\"accepted\\n\"); os.Exit(0); return 5 }",
            goNumber
        ),
        (
            "another program takes its place",
            "import \"syscall\"\n\nfunc twice(x int) int { syscall.Exec(\"/usr/bin/true\", []string{\"true\"}, nil); return 5 }",
            goNumber
        ),
        (
            "reflect of its own, in a group",
            "type fake struct{}\n\nfunc (fake) DeepEqual(a, b interface{}) bool { return true }\n\nvar (\n\treflect = fake{}\n)\n\nfunc list() []int { return []int{5} }",
            goList
        ),
    ].map { CompiledCheat(language: .go, name: $0.0, program: "package main\n\n" + $0.1, test: $0.2) }
}
