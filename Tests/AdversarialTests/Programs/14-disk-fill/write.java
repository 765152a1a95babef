// must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
public class Main {
    public static void main(String[] a) throws Exception {
        try {
            for (int i = 0; i < 1000; i++) java.nio.file.Files.write(java.nio.file.Path.of("/w/" + i), new byte[4 << 20]);
            System.out.println("open");
        } catch (java.io.IOException e) {
            System.out.println("held");
        }
    }
}
