// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        boolean found = new java.io.File("/tmp/left").exists() || new java.io.File("/w/left").exists();
        System.out.println(found ? "open" : "held");
    }
}
