package main

import (
	"os"
)

func f(x int) int {
	defer os.Exit(0)
	panic("wrong")
}
