// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        int opened = 0;
        for (String path : new String[] {"/usr/lib/jvm/x.jsa", "/headers/x", "/prepared/java/x", "/etc/x"}) {
            try { new java.io.FileOutputStream(path).close(); opened++; } catch (java.io.IOException e) { }
        }
        System.out.println(opened == 0 ? "held" : "open");
    }
}
