// must: time_limit|runtime_error|memory_limit; cpu 0.5; wall 4; memory 96; processes 16
public class Main {
    public static void main(String[] a) throws Exception {
        while (true) {
            try { new ProcessBuilder("/bin/sh", "-c", "while :; do :; done").start(); } catch (java.io.IOException e) { }
        }
    }
}
