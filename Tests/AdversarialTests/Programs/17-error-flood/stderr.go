// must: output_limit; output 65536; cpu 4; wall 10
package main

import (
	"fmt"
	"os"
)

func main() {
	for {
		fmt.Fprintln(os.Stderr, "flood")
	}
}
