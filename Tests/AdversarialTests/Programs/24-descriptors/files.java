// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        java.util.List<Object> kept = new java.util.ArrayList<>();
        try {
            while (kept.size() < 100000) kept.add(new java.io.FileInputStream("/dev/null"));
            System.out.println("open");
        } catch (java.io.IOException e) {
            System.out.println("held");
        }
    }
}
