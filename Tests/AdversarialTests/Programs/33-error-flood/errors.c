// must: compile_error; compile 2
#define E1 undeclared_a; undeclared_b.x; 5 = 6;
#define E2 E1 E1 E1 E1
#define E3 E2 E2 E2 E2
#define E4 E3 E3 E3 E3
#define E5 E4 E4 E4 E4
#define E6 E5 E5 E5 E5
#define E7 E6 E6 E6 E6
#define E8 E7 E7 E7 E7
#define E9 E8 E8 E8 E8
int main(void) { E9 return 0; }
