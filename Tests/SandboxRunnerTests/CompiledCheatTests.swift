import Programs
import SandboxRunner
import Testing

/// Cheats in the compiled languages, each shown first to pass where the exit status decides.
@Suite struct CompiledCheatTests {
    @Test(arguments: CompiledCheat.all)
    func `A cheat that an exit status believes is not accepted`(cheat: CompiledCheat) async throws {
        let pool = try await sharedPool()
        // The program with its test behind it, as it is: what a plain runner would start.
        let together = cheat.program + "\n" + cheat.test
        let plain = await pool.judge(job(together, [.stdio(stdin: "", stdout: "")], language: cheat.language))
        // Whatever it printed, its exit status was 0.
        #expect([.accepted, .wrongAnswer].contains(plain.outcome), "it fools nobody: \(plain)")
        let verdict = await pool.judge(job(cheat.program, [.program(code: cheat.test)], language: cheat.language))
        #expect(![.accepted, .infrastructureFailure].contains(verdict.outcome), "\(verdict)")
    }

    @Test func `There are eight cheats and more in each compiled language`() {
        let counts = Dictionary(grouping: CompiledCheat.all, by: \.language).mapValues(\.count)
        #expect(counts.values.allSatisfy { $0 >= 8 } && counts.count == 5, "\(counts)")
    }

    @Test(arguments: [
        (Language.c, "int f(void) { return 4; }", "int main(void) { return f() != 4; }"),
        (
            .cpp,
            "struct P { int x; bool operator==(const P &o) const { return x == o.x; } };\nbool operator!=(const P &a, const P &b) { return !(a == b); }\nP f() { return {4}; }",
            "int main() { return f() != P{4}; }"
        ),
        (
            .java, "class Node { int f() { return 4; } }",
            "class M { public static void main(String[] a) { if (new Node().f() != 4) throw new Error(); } }"
        ),
        (
            .csharp, "public class Node { public int f() { return 4; } }",
            "class M { static void Main() { if (new Node().f() != 4) throw new System.Exception(); } }"
        ),
        (
            .go, "package main\n\ntype node struct{ x int }\n\nfunc f() node { return node{4} }",
            "func main() { if f().x != 4 { panic(1) } }"
        ),
    ])
    func `Honest types and operators are no cheat`(language: Language, program: String, test: String) async throws {
        let verdict = try await sharedPool().judge(job(program, [.program(code: test)], language: language))
        #expect(verdict.outcome == .accepted, "\(verdict)")
    }

    /// The hole that stays, for what it is: the nonce is somewhere in the process that the program shares with its test.
    ///
    /// Reading it from standard input comes too late, and the file that is run does not hold it.
    @Test func `The nonce is neither in the program's file nor left to be read`() async throws {
        let program = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            int twice(int x) {
                char line[128] = "";
                if (read(0, line, 127) > 0) { printf("\\n%s\\n", line); fflush(stdout); _exit(0); }
                FILE *self = fopen("/proc/self/exe", "rb");
                int run = 0;
                for (int c; self && (c = fgetc(self)) != EOF;) {
                    line[run++ % 64] = c;
                    if (!strchr("0123456789abcdef", c) || !c) run = 0;
                    if (run == 64) { printf("\\n%.64s\\n", line); fflush(stdout); _exit(0); }
                }
                _exit(0);
            }
            """
        let test = TestCase.program(code: "int main(void) { if (twice(2) != 4) abort(); return 0; }")
        let verdict = try await sharedPool().judge(job(program, [test], language: .c))
        #expect(verdict.outcome == .runtimeError, "\(verdict)")
    }

    /// What docs/sandbox.md says is not defended: a program that knows the harness finds the nonce in its own memory.
    ///
    /// Calls have no such hole, because nothing is there to be found.
    @Test func `A search of the shared memory by someone who knows the mask finds the nonce`() async throws {
        let program = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <unistd.h>
            int twice(int x) {
                FILE *maps = fopen("/proc/self/maps", "r");
                char line[512], mode[8];
                for (unsigned long low, high; maps && fgets(line, sizeof line, maps);) {
                    if (sscanf(line, "%lx-%lx %4s", &low, &high, mode) != 3 || mode[0] != 'r' || mode[1] != 'w') continue;
                    for (unsigned char *p = (void *)low; p + 66 <= (unsigned char *)high; p++) {
                        char found[65] = "";
                        int at = 0;
                        while (at < 64) {
                            unsigned char c = p[at + 1] ^ (unsigned char)(0x5a + at + 1);
                            if (!c || !strchr("0123456789abcdef", c)) break;
                            found[at++] = (char)c;
                        }
                        if (at == 64) { printf("\\n%s\\n", found); fflush(stdout); _exit(0); }
                    }
                }
                return 5;
            }
            """
        let pool = try await sharedPool()
        let test = TestCase.program(code: "int main(void) { if (twice(2) != 4) abort(); return 0; }")
        let tested = await pool.judge(job(program, [test], language: .c))
        #expect(tested.outcome == .accepted, "if this is refused now, docs/sandbox.md may say so: \(tested)")
        let call = TestCase.call(function: "twice", arguments: [.integer(2)], expected: .integer(4))
        let called = await pool.judge(job(program, [call], language: .c))
        #expect(called.outcome == .wrongAnswer, "\(called)")
    }
}
