// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        new ProcessBuilder("/bin/sh", "-c", "while :; do :; done").start();
        System.out.println("held");
    }
}
