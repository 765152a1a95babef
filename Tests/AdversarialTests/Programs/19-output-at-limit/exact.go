// must: accepted; output 4096; prints 4095 x
package main

import (
	"fmt"
	"strings"
)

func main() {
	fmt.Println(strings.Repeat("x", 4095))
}
