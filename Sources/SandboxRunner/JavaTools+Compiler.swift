/// The Java compiler, kept warm: pid 1 of a slot of its own, which compiles one program after the other in memory.
///
/// Request: u32 number of files, (name, bytes) each, u8 1 to stop before code is made. Reply: u8 0 compiled, 1 refused,
/// 2 the compiler itself is in trouble; what it said; u32 number of class files, (name, bytes) each. A message of no
/// length means "stop": the machine ends at once.
let javaCompilerServer = #"""
    package ppocoder;

    import java.io.*;
    import java.net.URI;
    import java.nio.charset.StandardCharsets;
    import java.util.*;
    import javax.tools.*;

    final class CompilerServer {
        private static final class Source extends SimpleJavaFileObject {
            private final String name, text;

            Source(String name, String text) {
                super(URI.create("memory:///" + name.replaceAll("[^A-Za-z0-9_.$/]", "_")), Kind.SOURCE);
                this.name = name;
                this.text = text;
            }

            @Override public String getName() { return name; }
            @Override public CharSequence getCharContent(boolean ignoreEncodingErrors) { return text; }
            @Override public boolean isNameCompatible(String simpleName, Kind kind) {
                return kind == Kind.SOURCE && name.equals(simpleName + ".java");
            }
        }

        private static final class Classes extends ForwardingJavaFileManager<JavaFileManager> {
            final Map<String, ByteArrayOutputStream> made = new LinkedHashMap<>();

            Classes(JavaFileManager platform) { super(platform); }

            @Override public JavaFileObject getJavaFileForOutput(
                    Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
                String name = className.replace('.', '/') + ".class";
                return new SimpleJavaFileObject(URI.create("memory:///made"), kind) {
                    @Override public OutputStream openOutputStream() {
                        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                        made.put(name, bytes);
                        return bytes;
                    }
                };
            }

            @Override public void close() {}
        }

        private static final class Capped extends Writer {
            final StringBuilder text = new StringBuilder();
            @Override public void write(char[] buffer, int offset, int count) {
                if (text.length() < 65536) text.append(buffer, offset, Math.min(count, 65536));
            }
            @Override public void flush() {}
            @Override public void close() {}
        }

        private static final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        private static StandardJavaFileManager platform;
        private static DataInputStream in;
        private static OutputStream out;
        private static volatile boolean working;

        public static void main(String[] arguments) throws Exception {
            // The control channel is one socket, at standard input, read and written.
            in = new DataInputStream(new BufferedInputStream(new FileInputStream(FileDescriptor.in)));
            out = new FileOutputStream(FileDescriptor.in);
            platform = compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
            platform.setLocation(StandardLocation.CLASS_PATH, List.of());
            platform.setLocation(StandardLocation.SOURCE_PATH, List.of());
            for (int i = 0; i < 3; i++) compile(List.of(new Source("Warm.java", WARM)), false);
            send("warm".getBytes(StandardCharsets.US_ASCII));
            while (true) {
                int length = number();
                if (length == 0) {
                    if (working) Runtime.getRuntime().halt(3);
                    continue;
                }
                byte[] request = in.readNBytes(length);
                working = true;
                Thread worker = new Thread(null, () -> serve(request), "compile", 64 << 20);
                worker.setDaemon(true);
                worker.start();
            }
        }

        private static void serve(byte[] request) {
            byte[] reply;
            try {
                DataInputStream from = new DataInputStream(new ByteArrayInputStream(request));
                List<Source> sources = new ArrayList<>();
                for (int count = Integer.reverseBytes(from.readInt()); count > 0; count--) {
                    String name = text(from);
                    sources.add(new Source(name, text(from)));
                }
                reply = compile(sources, from.readByte() == 1);
            } catch (Throwable trouble) {
                reply = answer(2, trouble.toString(), Map.of());
            }
            working = false;
            try {
                send(reply);
            } catch (IOException gone) {
                Runtime.getRuntime().halt(0);
            }
        }

        private static byte[] compile(List<Source> sources, boolean onlyCheck) {
            Capped said = new Capped();
            Classes classes = new Classes(platform);
            List<String> options = new ArrayList<>(List.of("-proc:none", "-nowarn", "-Xmaxerrs", "20", "-XDuseUnsharedTable=true"));
            if (onlyCheck) options.add("-XDshould-stop.ifNoError=FLOW");
            boolean good = compiler.getTask(said, classes, null, options, null, sources).call();
            String text = said.text.toString();
            boolean trouble = text.contains("The system is out of resources")
                || text.contains("An exception has occurred in the compiler");
            return answer(trouble ? 2 : good ? 0 : 1, text, good ? classes.made : Map.of());
        }

        private static byte[] answer(int status, String said, Map<String, ByteArrayOutputStream> made) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.write(status);
            put(bytes, said.getBytes(StandardCharsets.UTF_8));
            number(bytes, made.size());
            made.forEach((name, code) -> {
                put(bytes, name.getBytes(StandardCharsets.UTF_8));
                put(bytes, code.toByteArray());
            });
            return bytes.toByteArray();
        }

        private static void number(ByteArrayOutputStream bytes, int value) {
            for (int shift = 0; shift < 32; shift += 8) bytes.write(value >>> shift);
        }

        private static void put(ByteArrayOutputStream bytes, byte[] data) {
            number(bytes, data.length);
            bytes.writeBytes(data);
        }

        private static String text(DataInputStream from) throws IOException {
            return new String(from.readNBytes(Integer.reverseBytes(from.readInt())), StandardCharsets.UTF_8);
        }

        private static int number() throws IOException {
            try {
                return Integer.reverseBytes(in.readInt());
            } catch (EOFException end) {
                Runtime.getRuntime().halt(0);
                return 0;
            }
        }

        private static synchronized void send(byte[] data) throws IOException {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            put(whole, data);
            out.write(whole.toByteArray());
        }

        private static final String WARM = """
            import java.util.*;
            import java.util.stream.*;
            class Warm {
                interface Shape { double area(); }
                record Square(double side) implements Shape { public double area() { return side * side; } }
                static <T extends Comparable<T>> T largest(List<T> values) {
                    T best = values.get(0);
                    for (T value : values) if (value.compareTo(best) > 0) best = value;
                    return best;
                }
                static Map<String, Integer> count(String text) throws Exception {
                    Map<String, Integer> seen = new HashMap<>();
                    for (String word : text.split(" ")) seen.merge(word, 1, Integer::sum);
                    if (seen.isEmpty()) throw new Exception("empty " + text);
                    return seen;
                }
                static int[][] grid(int n) {
                    int[][] cells = new int[n][n];
                    for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) cells[i][j] = i * j % 7;
                    return cells;
                }
                static List<Integer> even(List<Integer> values) {
                    return values.stream().filter(v -> v % 2 == 0).map(v -> v * 2).sorted().collect(Collectors.toList());
                }
                public static void main(String[] args) throws Exception {
                    StringBuilder text = new StringBuilder();
                    try {
                        switch (args.length) {
                            case 0: text.append(largest(Arrays.asList(3, 1, 2))); break;
                            default: text.append(count("a b a"));
                        }
                    } catch (RuntimeException error) {
                        text.append(error.getMessage());
                    }
                    char c = (char) ('a' + grid(4)[1][2]);
                    System.out.println(text.toString() + c + new Square(2).area() + even(List.of(1, 2, 3)));
                }
            }
            """;
    }
    """#
