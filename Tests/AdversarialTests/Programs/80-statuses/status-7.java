// must: runtime_error
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.println("held");
        Runtime.getRuntime().halt(7);
    }
}
