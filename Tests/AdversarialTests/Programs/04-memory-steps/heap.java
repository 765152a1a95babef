// must: memory_limit; memory 64; cpu 5; wall 20
public class Main {
    public static void main(String[] a) throws Exception {
        java.util.List<byte[]> kept = new java.util.ArrayList<>();
        while (true) kept.add(new byte[4096]);
    }
}
