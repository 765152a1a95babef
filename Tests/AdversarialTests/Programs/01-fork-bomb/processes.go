// must: time_limit|runtime_error|memory_limit; cpu 0.3; wall 3; memory 96; processes 16
package main

import (
	"os/exec"
)

func main() {
	for {
		exec.Command("/bin/sh", "-c", "while :; do :; done").Start()
	}
}
