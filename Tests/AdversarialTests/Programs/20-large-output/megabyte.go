// must: accepted; prints 1000000 x
package main

import (
	"fmt"
	"strings"
)

func main() {
	fmt.Println(strings.Repeat("x", 1000000))
}
