// must: output_limit; output 65536; cpu 4; wall 10
public class Main {
    public static void main(String[] a) throws Exception {
        while (true) System.err.println("flood");
    }
}
