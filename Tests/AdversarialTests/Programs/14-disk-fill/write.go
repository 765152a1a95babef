// must: accepted|output_limit|runtime_error|memory_limit; prints held; memory 512; cpu 4
package main

import (
	"fmt"
	"os"
)

func main() {
	for i := 0; i < 1000; i++ {
		if os.WriteFile(fmt.Sprint("/w/", i), make([]byte, 4<<20), 0600) != nil {
			fmt.Println("held")
			return
		}
	}
	fmt.Println("open")
}
