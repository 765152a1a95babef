// must: accepted; prints held
package main

//go:generate sh -c "echo ran > /tmp/generated"

import (
	"fmt"
	"os"
)

func main() {
	if _, err := os.Stat("/tmp/generated"); err != nil {
		fmt.Println("held")
	}
}
