// must: time_limit|runtime_error; cpu 0.8; wall 10; processes 32
public class Main {
    public static void main(String[] a) throws Exception {
        for (int i = 0; i < 8; i++) new Thread(() -> { while (true) Thread.onSpinWait(); }).start();
    }
}
