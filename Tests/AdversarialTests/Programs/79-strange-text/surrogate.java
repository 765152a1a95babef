// must: wrong_answer
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.println("\uD800held");
    }
}
