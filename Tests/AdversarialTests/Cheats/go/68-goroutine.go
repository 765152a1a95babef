package main

import (
	"os"
	"time"
)

func f(x int) int {
	go os.Exit(0)
	time.Sleep(time.Second)
	return x + 3
}
