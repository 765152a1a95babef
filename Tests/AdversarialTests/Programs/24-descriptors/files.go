// must: accepted; prints held
package main

import (
	"fmt"
	"os"
)

func main() {
	made := 0
	var kept []*os.File
	for made < 100000 {
		file, err := os.Open("/dev/null")
		if err != nil {
			break
		}
		kept = append(kept, file)
		made++
	}
	if made < 100000 {
		fmt.Println("held")
	}
	_ = kept
}
