// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        new ProcessBuilder("/bin/sh", "-c", "for s in KILL STOP INT TERM USR1 HUP; do kill -$s 1; done").start().waitFor();
        System.out.println("held");
    }
}
