// must: accepted; prints 1000000 x
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.println("x".repeat(1000000));
    }
}
