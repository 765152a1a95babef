// must: accepted; prints held; cpu 4; wall 20
public class Main {
    public static void main(String[] a) throws Exception {
        try {
            for (int i = 0; i < 1000000; i++) new java.io.FileOutputStream("/tmp/" + i).close();
            System.out.println("open");
        } catch (java.io.IOException e) {
            System.out.println("held");
        }
    }
}
