// must: accepted; prints held
package main

import (
	"fmt"
	"os"
)

func main() {
	seen := false
	for _, path := range []string{"/etc/passwd", "/etc/shadow", "/root", "/home", "/work", "/var", "/opt", "/srv", "/run", "/boot", "/usr/local", "/mnt"} {
		if _, err := os.Lstat(path); err == nil {
			seen = true
		}
	}
	if !seen {
		fmt.Println("held")
	}
}
