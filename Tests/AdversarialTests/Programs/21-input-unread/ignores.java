// must: accepted; prints held; stdin 10000000
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.println("held");
    }
}
