// must: accepted; prints held; stdin 10000000
package main

import (
	"fmt"
)

func main() {
	fmt.Println("held")
}
