// must: accepted; output 4096; prints 4095 x
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.println("x".repeat(4095));
    }
}
