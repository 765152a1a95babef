// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        java.nio.file.Files.writeString(java.nio.file.Path.of("/tmp/left"), "secret");
        java.nio.file.Files.writeString(java.nio.file.Path.of("/w/left"), "secret");
        System.out.println("held");
    }
}
