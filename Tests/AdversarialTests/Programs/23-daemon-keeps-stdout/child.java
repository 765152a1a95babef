// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        new ProcessBuilder("/usr/bin/sleep", "60").inheritIO().start();
        System.out.println("held");
    }
}
