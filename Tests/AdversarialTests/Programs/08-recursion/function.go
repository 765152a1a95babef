// must: runtime_error|memory_limit; cpu 4; wall 10; memory 256
package main

func f(n int) int { return f(n+1) + 1 }

func main() { println(f(0)) }
