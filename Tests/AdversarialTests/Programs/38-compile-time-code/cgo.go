// must: compile_error|accepted; prints held; compile 20
package main

// #cgo LDFLAGS: -Wl,-fplugin=/tmp/evil.so
// int one(void) { return 1; }
import "C"
import "fmt"

func main() {
	if C.one() == 1 {
		fmt.Println("held")
	}
}
