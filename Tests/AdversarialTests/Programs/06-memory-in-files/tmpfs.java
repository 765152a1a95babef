// must: memory_limit|runtime_error; memory 64; cpu 4; wall 10
public class Main {
    public static void main(String[] a) throws Exception {
        for (int i = 0; i < 100; i++)
            java.nio.file.Files.write(java.nio.file.Path.of("/tmp/" + i), new byte[8 << 20]);
    }
}
