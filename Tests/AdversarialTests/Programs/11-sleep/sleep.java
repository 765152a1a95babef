// must: time_limit; wall 1.5
public class Main {
    public static void main(String[] a) throws Exception {
        Thread.sleep(60000);
    }
}
