// must: time_limit; cpu 0.5; wall 10
public class Main {
    public static void main(String[] a) throws Exception {
        for (int i = 0;; i++) if (i == -1) System.gc();
    }
}
