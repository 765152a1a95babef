// must: accepted; prints held
package main

import (
	"fmt"
	"os"
)

func main() {
	if _, found := os.LookupEnv("PPOCODER_ADVERSARY_SECRET"); !found {
		fmt.Println("held")
	}
}
