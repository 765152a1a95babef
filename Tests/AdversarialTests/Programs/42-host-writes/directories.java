// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        int written = 0;
        for (String directory : new String[] {"/", "/usr", "/usr/lib", "/usr/bin", "/etc", "/dev", "/proc", "/bin"}) {
            try { new java.io.FileOutputStream(directory + "/adversary").close(); written++; } catch (java.io.IOException e) { }
        }
        System.out.println(written == 0 ? "held" : "open");
    }
}
