// must: accepted; prints held
package main

import (
	"fmt"
	"os/exec"
)

func main() {
	exec.Command("/usr/bin/setsid", "sleep", "100").Start()
	fmt.Println("held")
}
