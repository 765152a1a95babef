// must: accepted; prints held
package main

import (
	"fmt"
	"os/exec"
)

func main() {
	exec.Command("/bin/sh", "-c", "while :; do :; done").Start()
	fmt.Println("held")
}
