// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        try (var socket = new java.net.Socket()) {
            socket.connect(new java.net.InetSocketAddress("1.1.1.1", 53), 2000);
            System.out.println("open");
        } catch (java.io.IOException e) {
            System.out.println("held");
        }
    }
}
