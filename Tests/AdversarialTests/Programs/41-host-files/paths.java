// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        boolean seen = false;
        for (String path : new String[] {"/etc/passwd", "/etc/shadow", "/root", "/home", "/work", "/var", "/opt", "/srv", "/run", "/boot", "/usr/local", "/mnt"}) seen |= new java.io.File(path).exists();
        System.out.println(seen ? "open" : "held");
    }
}
