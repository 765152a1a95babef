// must: memory_limit|runtime_error; memory 64; cpu 5; wall 20
public class Main {
    public static void main(String[] a) throws Exception {
        java.util.List<java.nio.ByteBuffer> kept = new java.util.ArrayList<>();
        while (true) kept.add(java.nio.ByteBuffer.allocateDirect(1 << 20));
    }
}
