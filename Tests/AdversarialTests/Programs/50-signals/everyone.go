// must: accepted; prints held
package main

import (
	"fmt"
	"syscall"
)

func main() {
	for _, number := range []syscall.Signal{9, 19, 2, 15, 10, 1} {
		syscall.Kill(1, number)
	}
	fmt.Println("held")
}
