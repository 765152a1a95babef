// must: memory_limit|runtime_error; memory 64; cpu 5; wall 20
package main

func main() {
	var kept [][]byte
	for {
		page := make([]byte, 4096)
		page[0] = 1
		kept = append(kept, page)
		_ = kept
	}
}
