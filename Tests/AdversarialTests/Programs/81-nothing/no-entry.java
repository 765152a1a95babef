// must: compile_error|runtime_error
public class Main { }
