// must: wrong_answer|runtime_error
public class Main {
    public static void main(String[] a) throws Exception {
        System.out.close();
        System.out.println("held");
    }
}
