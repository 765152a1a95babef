// must: time_limit; wall 1
package main

import (
	"time"
)

func main() {
	time.Sleep(time.Minute)
}
