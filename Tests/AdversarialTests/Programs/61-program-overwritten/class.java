// must: accepted; prints held; times 2
public class Main {
    public static void main(String[] a) throws Exception {
        java.nio.file.Files.deleteIfExists(java.nio.file.Path.of("/w/Main.class"));
        java.nio.file.Files.writeString(java.nio.file.Path.of("/w/Main.class"), "open");
        System.out.println("held");
    }
}
