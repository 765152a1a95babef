// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        new ProcessBuilder("/bin/sh", "-c", "setsid sleep 100 & setsid sleep 100 &").start().waitFor();
        System.out.println("held");
    }
}
