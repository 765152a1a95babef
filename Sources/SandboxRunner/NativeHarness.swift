/// What stands behind a C or C++ program so that it can be tested.
///
/// It includes nothing and calls nothing of the C library, so that macros and functions of the program's do not reach it,
/// and all its names end in a mark that the program cannot know.
enum NativeHarness {
    /// System calls without the library.
    private static func systemCalls(_ mark: String) -> String {
        """
        static long sys_\(mark)(long number, long a, long b, long c) {
        #if defined(__x86_64__)
            long result;
            __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
            return result;
        #else
            register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
            __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
            return x0;
        #endif
        }
        #if defined(__x86_64__)
        enum { read_\(mark) = 0, write_\(mark) = 1, dup2_\(mark) = 33, leave_\(mark) = 231 };
        #else
        enum { read_\(mark) = 63, write_\(mark) = 64, dup2_\(mark) = 24, leave_\(mark) = 94 };
        #endif

        """
    }

    /// A `main` that runs the tests and says the nonce when they have returned.
    ///
    /// The nonce is read before anything of the program's runs, and kept under a mask.
    static func test(_ mark: String) -> String {
        systemCalls(mark) + """
            static char nonce_\(mark)[66];
            static void take_\(mark)(void) {
                long at = 1, got = 1;
                while (at < 65 && got > 0) {
                    got = sys_\(mark)(read_\(mark), 0, (long)(nonce_\(mark) + at), 65 - at);
                    if (got > 0) at += got;
                }
                for (at = 0; at < 66; at++) nonce_\(mark)[at] ^= (char)(0x5a + at);
            }
            __attribute__((section(".preinit_array"), used)) static void (*const early_\(mark))(void) = take_\(mark);
            signed main(signed count, char **arguments) {
                signed status = ((signed (*)(signed, char **))tests_\(mark))(count, arguments);
                long at;
                if (status == 0) {
                    for (at = 0; at < 66; at++) nonce_\(mark)[at] ^= (char)(0x5a + at);
                    nonce_\(mark)[0] = nonce_\(mark)[65] = 10;
                    for (at = 0; at < 66;) {
                        long put = sys_\(mark)(write_\(mark), 1, (long)(nonce_\(mark) + at), 66 - at);
                        if (put <= 0) break;
                        at += put;
                    }
                }
                sys_\(mark)(leave_\(mark), status, 0, 0);
                for (;;) {}
            }

            """
    }

    /// Reading calls and writing answers, in what C and C++ have in common.
    static func channel(_ mark: String) -> String {
        systemCalls(mark) + """
            static unsigned char *in_\(mark), *out_\(mark);
            static long in_at_\(mark), in_end_\(mark), out_count_\(mark), out_room_\(mark);
            static signed bad_\(mark), unplain_\(mark);
            static signed byte_\(mark)(void) { return in_at_\(mark) < in_end_\(mark) ? in_\(mark)[in_at_\(mark)++] : -1; }
            static signed peek_\(mark)(void) { return in_at_\(mark) < in_end_\(mark) ? in_\(mark)[in_at_\(mark)] : -1; }
            static signed word_\(mark)(void) {
                unsigned value = 0;
                signed shift;
                for (shift = 0; shift < 32; shift += 8) value |= (unsigned)byte_\(mark)() << shift;
                return (signed)value;
            }
            static signed fill_\(mark)(void *into, long count) {
                while (count > 0) {
                    long got = sys_\(mark)(read_\(mark), 0, (long)into, count);
                    if (got <= 0) return 0;
                    into = (char *)into + got;
                    count -= got;
                }
                return 1;
            }
            static signed next_\(mark)(void) {
                unsigned length;
                if (!fill_\(mark)(&length, 4)) return 0;
                in_\(mark) = (unsigned char *)__builtin_realloc(in_\(mark), length + 1ul);
                in_at_\(mark) = 0;
                in_end_\(mark) = length;
                return fill_\(mark)(in_\(mark), length);
            }
            static __int128 whole_\(mark)(void) {
                signed tag = byte_\(mark)(), count, i;
                __int128 value = 0;
                if (tag == 'i') return word_\(mark)();
                if (tag != 'l') { bad_\(mark) = 1; return 0; }
                count = word_\(mark)();
                for (i = 0; i < (count < 0 ? -count : count); i++) {
                    __int128 digit = byte_\(mark)();
                    digit |= (__int128)byte_\(mark)() << 8;
                    if (i < 8) value |= digit << 15 * i;
                }
                return count < 0 ? -value : value;
            }
            static double real_\(mark)(void) {
                if (peek_\(mark)() != 'g') return (double)whole_\(mark)();
                union { double value; unsigned half[2]; } bits;
                byte_\(mark)();
                bits.half[0] = (unsigned)word_\(mark)();
                bits.half[1] = (unsigned)word_\(mark)();
                return bits.value;
            }
            static char *text_\(mark)(signed *length) {
                signed tag = byte_\(mark)(), count = tag == 'u' ? word_\(mark)() : 0, i;
                char *text = (char *)__builtin_malloc((unsigned long)count + 1);
                if (tag == 'N') { *length = -1; return 0; }
                if (tag != 'u') bad_\(mark) = 1;
                for (i = 0; i < count; i++) text[i] = (char)byte_\(mark)();
                text[count] = 0;
                *length = count;
                return text;
            }
            static void raw_\(mark)(const void *from, long count) {
                long i;
                if (out_count_\(mark) + count > (8 << 20)) { unplain_\(mark) = 1; return; }
                while (out_count_\(mark) + count > out_room_\(mark)) {
                    out_room_\(mark) = out_room_\(mark) * 2 + 4096;
                    out_\(mark) = (unsigned char *)__builtin_realloc(out_\(mark), (unsigned long)out_room_\(mark));
                }
                for (i = 0; i < count; i++) out_\(mark)[out_count_\(mark) + i] = ((const unsigned char *)from)[i];
                out_count_\(mark) += count;
            }
            static void tag_\(mark)(char tag) { raw_\(mark)(&tag, 1); }
            static void count_\(mark)(signed value) { raw_\(mark)(&value, 4); }
            static void put_whole_\(mark)(__int128 value) {
                unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value, left = rest;
                signed digits = 0;
                if (value == (signed)value) { tag_\(mark)('i'); count_\(mark)((signed)value); return; }
                while (left) { digits++; left >>= 15; }
                tag_\(mark)('l');
                count_\(mark)(value < 0 ? -digits : digits);
                for (; rest; rest >>= 15) {
                    unsigned short digit = rest & 32767;
                    raw_\(mark)(&digit, 2);
                }
            }
            static void put_real_\(mark)(double value) { tag_\(mark)('g'); raw_\(mark)(&value, 8); }
            static void put_text_\(mark)(const char *text, long count) {
                if (!text) { tag_\(mark)('N'); return; }
                tag_\(mark)('u');
                count_\(mark)((signed)count);
                raw_\(mark)(text, count);
            }
            static void put_chars_\(mark)(const char *text) {
                long count = 0;
                while (text && text[count]) count++;
                put_text_\(mark)(text, count);
            }
            static void begin_\(mark)(void) {
                out_count_\(mark) = 0;
                bad_\(mark) = unplain_\(mark) = 0;
                count_\(mark)(0);
                tag_\(mark)('r');
            }
            static void trouble_\(mark)(char kind, const char *text) {
                long count = 0;
                out_count_\(mark) = 0;
                count_\(mark)(0);
                tag_\(mark)(kind);
                while (text && text[count] && count < 2000) count++;
                raw_\(mark)(text, count);
            }
            static void send_\(mark)(void) {
                signed length, i;
                long at;
                if (unplain_\(mark)) trouble_\(mark)('u', "the result is not plain data, or too large");
                length = (signed)(out_count_\(mark) - 4);
                for (i = 0; i < 4; i++) out_\(mark)[i] = (unsigned char)(length >> 8 * i);
                for (at = 0; at < out_count_\(mark);) {
                    long put = sys_\(mark)(write_\(mark), 200, (long)(out_\(mark) + at), out_count_\(mark) - at);
                    if (put <= 0) sys_\(mark)(leave_\(mark), 2, 0, 0);
                    at += put;
                }
            }
            static signed same_\(mark)(const char *a, const char *b) {
                while (*a && *a == *b) { a++; b++; }
                return *a == *b;
            }

            """
    }

    /// A `main` that answers calls until there are no more.
    ///
    /// What the program prints goes to standard error; answers go out on a descriptor of their own.
    ///
    /// `functions` has each function's name in calls, the number of its arguments (nil: any), and a statement.
    static func callMain(_ functions: [(name: String, arity: Int?, statement: String)], _ mark: String) -> String {
        let branches = functions.map { function in
            let fits = function.arity.map { " && arity == \($0)" } ?? ""
            return "if (same_\(mark)(name, \"\(function.name)\")\(fits)) { \(function.statement) } else "
        }
        return """
            signed main(void) {
                sys_\(mark)(dup2_\(mark), 1, 200, 0);
                sys_\(mark)(dup2_\(mark), 2, 1, 0);
                while (next_\(mark)()) {
                    signed length, arity;
                    char *name = text_\(mark)(&length);
                    if (byte_\(mark)() != '[') break;
                    arity = word_\(mark)();
                    begin_\(mark)();
                    \(branches.joined(separator: "\n        "))trouble_\(mark)('x', "no function takes these arguments");
                    send_\(mark)();
                }
                sys_\(mark)(leave_\(mark), 0, 0, 0);
                for (;;) {}
            }

            """
    }
}
