// must: accepted; prints held
package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	if _, err := net.DialTimeout("tcp", "127.0.0.1:8000", 2*time.Second); err != nil {
		fmt.Println("held")
	}
}
