// must: output_limit; output 65536; cpu 4; wall 10
package main

import (
	"fmt"
)

func main() {
	for {
		fmt.Println("flood")
	}
}
