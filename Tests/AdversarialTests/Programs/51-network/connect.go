// must: accepted; prints held
package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	if _, err := net.DialTimeout("tcp", "1.1.1.1:53", 2*time.Second); err != nil {
		fmt.Println("held")
	}
}
