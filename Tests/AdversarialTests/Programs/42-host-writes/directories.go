// must: accepted; prints held
package main

import (
	"fmt"
	"os"
)

func main() {
	written := 0
	for _, directory := range []string{"/", "/usr", "/usr/lib", "/usr/bin", "/etc", "/dev", "/proc", "/bin"} {
		if os.WriteFile(directory+"/adversary", nil, 0600) == nil {
			written++
		}
	}
	if written == 0 {
		fmt.Println("held")
	}
}
