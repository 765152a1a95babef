// must: accepted; prints held
public class Main {
    public static void main(String[] a) throws Exception {
        int seen = 0;
        for (String path : new String[] {"/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/sysrq-trigger", "/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/keys", "/proc/timer_list", "/proc/sys/kernel/core_pattern", "/proc/sched_debug", "/proc/cmdline", "/proc/mounts/../../1/cmdline"}) {
            try (var file = new java.io.FileInputStream(path)) { if (file.read() >= 0) seen++; } catch (java.io.IOException e) { }
        }
        System.out.println(seen == 0 ? "held" : "open");
    }
}
