// must: accepted; prints held
package main

import (
	"fmt"
	"net"
	"time"
)

func main() {
	if _, err := net.DialTimeout("tcp", "169.254.169.254:80", 2*time.Second); err != nil {
		fmt.Println("held")
	}
}
