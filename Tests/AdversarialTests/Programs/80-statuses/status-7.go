// must: runtime_error
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("held")
	os.Exit(7)
}
