// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.println(System.getenv("PPOCODER_ADVERSARY_SECRET") == null ? "held" : "open");
    }
}
