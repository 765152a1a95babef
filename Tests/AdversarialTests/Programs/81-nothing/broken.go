// must: compile_error|runtime_error
package main

func main() {
