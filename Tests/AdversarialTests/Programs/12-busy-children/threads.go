// must: time_limit|runtime_error; cpu 0.4; wall 10; processes 32
package main

func burn() {
	for {
	}
}

func main() {
	for i := 0; i < 8; i++ {
		go burn()
	}
	burn()
}
