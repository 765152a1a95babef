// must: runtime_error|memory_limit|time_limit; cpu 0.4; wall 3; memory 96; processes 24
public class Main {
    public static void main(String[] a) throws Exception {
        while (true) {
            new Thread(() -> { try { Thread.sleep(60000); } catch (InterruptedException e) { } }).start();
        }
    }
}
