// must: runtime_error|memory_limit; cpu 4; wall 10; memory 256
public class Main {
    static int f(int n) { return f(n + 1) + 1; }
    public static void main(String[] a) { System.out.println(f(0)); }
}
