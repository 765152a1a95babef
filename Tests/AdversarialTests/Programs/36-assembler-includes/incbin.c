// must: compile_error; compile 2
__asm__(".section .rodata\n.incbin \"/etc/passwd\"\n");
int main(void) { return 0; }
