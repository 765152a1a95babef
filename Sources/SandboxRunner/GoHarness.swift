/// What stands beside a Go program so that it can be tested: a file of its package with names it cannot know.
///
/// It is presented to the compiler first, and its variable is initialised first.
enum GoHarness {
    static func test(_ m: String) -> String {
        """
        package main

        import sys_\(m) "syscall"

        var nonce_\(m) = take_\(m)()

        func take_\(m)() (nonce [66]byte) {
        	for at := 1; at < 65; {
        		got, err := sys_\(m).Read(0, nonce[at:65])
        		if got <= 0 || err != nil {
        			break
        		}
        		at += got
        	}
        	for at := range nonce {
        		nonce[at] ^= byte(0x5a + at)
        	}
        	return
        }

        func main() {
        	tests_\(m)()
        	for at := range nonce_\(m) {
        		nonce_\(m)[at] ^= byte(0x5a + at)
        	}
        	nonce_\(m)[0], nonce_\(m)[65] = 10, 10
        	sys_\(m).Write(1, nonce_\(m)[:])
        	sys_\(m).Exit(0)
        }

        """
    }

    static func calls(_ functions: [String], _ m: String) -> String {
        let table = functions.map { "\"\($0)\": \($0)," }.joined(separator: " ")
        return """
            package main

            import serve_\(m) "ppocoder/calls"

            func main() {
            	serve_\(m).Serve(map[string]interface{}{\(table)})
            }

            """
    }

    /// The package that answers calls by reflection, compiled once for each machine.
    static let package = #"""
        // Package calls reads calls from standard input, one at a time, and answers each.
        package calls

        import (
        	"errors"
        	"math"
        	"math/big"
        	"reflect"
        	"strconv"
        	"syscall"
        )

        var errUnfit = errors.New("an argument does not fit its parameter")

        type unplain struct{ text string }

        type reader struct {
        	bytes []byte
        	at    int
        }

        func fill(into []byte) bool {
        	for at := 0; at < len(into); {
        		got, err := syscall.Read(0, into[at:])
        		if got <= 0 || err != nil {
        			return false
        		}
        		at += got
        	}
        	return true
        }

        // Serve answers calls until there are no more.
        func Serve(functions map[string]interface{}) {
        	// What the program prints goes to standard error.
        	syscall.Dup3(1, 200, 0)
        	syscall.Dup3(2, 1, 0)
        	for {
        		head := make([]byte, 4)
        		if !fill(head) {
        			syscall.Exit(0)
        		}
        		r := &reader{bytes: make([]byte, word(head))}
        		if !fill(r.bytes) {
        			syscall.Exit(0)
        		}
        		name, _ := r.value().(string)
        		values, _ := r.value().([]interface{})
        		frame := answer(functions[name], name, values)
        		whole := append(put32(nil, len(frame)), frame...)
        		for at := 0; at < len(whole); {
        			put, err := syscall.Write(200, whole[at:])
        			if put <= 0 || err != nil {
        				syscall.Exit(2)
        			}
        			at += put
        		}
        	}
        }

        func answer(function interface{}, name string, values []interface{}) (frame []byte) {
        	defer func() {
        		if thrown := recover(); thrown != nil {
        			frame = said(thrown)
        		}
        	}()
        	f := reflect.ValueOf(function)
        	if !f.IsValid() || f.Kind() != reflect.Func || f.Type().NumIn() != len(values) || f.Type().IsVariadic() {
        		return append([]byte("x"), "no function takes these arguments: "+name...)
        	}
        	arguments := make([]reflect.Value, len(values))
        	for i, value := range values {
        		arguments[i] = reflect.New(f.Type().In(i)).Elem()
        		convert(value, arguments[i])
        	}
        	results := f.Call(arguments)
        	frame = []byte("r")
        	switch len(results) {
        	case 0:
        		return append(frame, 'N')
        	case 1:
        		return put(frame, results[0], 0)
        	}
        	frame = put32(append(frame, '('), len(results))
        	for _, result := range results {
        		frame = put(frame, result, 1)
        	}
        	return frame
        }

        func said(thrown interface{}) []byte {
        	switch value := thrown.(type) {
        	case unplain:
        		return append([]byte("u"), value.text...)
        	case error:
        		return append([]byte("x"), "panic: "+value.Error()...)
        	case string:
        		return append([]byte("x"), "panic: "+value...)
        	}
        	return append([]byte("x"), "panic"...)
        }

        func word(bytes []byte) int {
        	return int(int32(uint32(bytes[0]) | uint32(bytes[1])<<8 | uint32(bytes[2])<<16 | uint32(bytes[3])<<24))
        }

        func (r *reader) take(count int) []byte {
        	r.at += count
        	return r.bytes[r.at-count : r.at]
        }

        func (r *reader) value() interface{} {
        	switch r.take(1)[0] {
        	case 'T':
        		return true
        	case 'F':
        		return false
        	case 'i':
        		return big.NewInt(int64(word(r.take(4))))
        	case 'l':
        		count := word(r.take(4))
        		value, minus := new(big.Int), count < 0
        		if minus {
        			count = -count
        		}
        		digits := r.take(2 * count)
        		for i := count - 1; i >= 0; i-- {
        			value.Lsh(value, 15)
        			value.Or(value, big.NewInt(int64(digits[2*i])|int64(digits[2*i+1])<<8))
        		}
        		if minus {
        			value.Neg(value)
        		}
        		return value
        	case 'g':
        		low, high := word(r.take(4)), word(r.take(4))
        		return math.Float64frombits(uint64(uint32(low)) | uint64(uint32(high))<<32)
        	case 'u':
        		return string(r.take(word(r.take(4))))
        	case '[':
        		items := make([]interface{}, word(r.take(4)))
        		for i := range items {
        			items[i] = r.value()
        		}
        		return items
        	case '{':
        		entries := map[string]interface{}{}
        		for r.bytes[r.at] != '0' {
        			key := r.value().(string)
        			entries[key] = r.value()
        		}
        		r.at++
        		return entries
        	}
        	return nil
        }

        func convert(value interface{}, to reflect.Value) {
        	switch to.Kind() {
        	case reflect.Interface:
        		if to.NumMethod() > 0 {
        			panic(errUnfit)
        		}
        		if value != nil {
        			to.Set(reflect.ValueOf(natural(value)))
        		}
        		return
        	case reflect.Ptr:
        		if value != nil {
        			to.Set(reflect.New(to.Type().Elem()))
        			convert(value, to.Elem())
        		}
        		return
        	}
        	switch value := value.(type) {
        	case nil:
        		if to.Kind() != reflect.Slice && to.Kind() != reflect.Map {
        			panic(errUnfit)
        		}
        	case bool:
        		if to.Kind() != reflect.Bool {
        			panic(errUnfit)
        		}
        		to.SetBool(value)
        	case string:
        		text(value, to)
        	case float64:
        		if to.Kind() != reflect.Float64 && to.Kind() != reflect.Float32 {
        			panic(errUnfit)
        		}
        		to.SetFloat(value)
        	case *big.Int:
        		number(value, to)
        	case []interface{}:
        		list(value, to)
        	case map[string]interface{}:
        		members(value, to)
        	}
        }

        func text(value string, to reflect.Value) {
        	runes := []rune(value)
        	switch {
        	case to.Kind() == reflect.String:
        		to.SetString(value)
        	case to.Kind() == reflect.Int32 && len(runes) == 1:
        		to.SetInt(int64(runes[0]))
        	case to.Kind() == reflect.Uint8 && len(value) == 1:
        		to.SetUint(uint64(value[0]))
        	case to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8:
        		to.SetBytes([]byte(value))
        	case to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Int32:
        		to.Set(reflect.ValueOf(runes).Convert(to.Type()))
        	default:
        		panic(errUnfit)
        	}
        }

        func number(value *big.Int, to reflect.Value) {
        	switch to.Kind() {
        	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
        		if !value.IsInt64() || to.OverflowInt(value.Int64()) {
        			panic(errUnfit)
        		}
        		to.SetInt(value.Int64())
        	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
        		if !value.IsUint64() || to.OverflowUint(value.Uint64()) {
        			panic(errUnfit)
        		}
        		to.SetUint(value.Uint64())
        	case reflect.Float32, reflect.Float64:
        		real, _ := new(big.Float).SetInt(value).Float64()
        		to.SetFloat(real)
        	default:
        		panic(errUnfit)
        	}
        }

        func list(values []interface{}, to reflect.Value) {
        	switch to.Kind() {
        	case reflect.Slice:
        		to.Set(reflect.MakeSlice(to.Type(), len(values), len(values)))
        	case reflect.Array:
        		if to.Len() != len(values) {
        			panic(errUnfit)
        		}
        	default:
        		panic(errUnfit)
        	}
        	for i, value := range values {
        		convert(value, to.Index(i))
        	}
        }

        func members(values map[string]interface{}, to reflect.Value) {
        	if to.Kind() != reflect.Map {
        		panic(errUnfit)
        	}
        	to.Set(reflect.MakeMap(to.Type()))
        	for name, value := range values {
        		key := reflect.New(to.Type().Key()).Elem()
        		// JSON's keys are text.
        		whole, isWhole := new(big.Int).SetString(name, 10)
        		real, failure := strconv.ParseFloat(name, 64)
        		switch {
        		case key.Kind() == reflect.String || key.Kind() == reflect.Interface:
        			convert(name, key)
        		case key.Kind() == reflect.Bool:
        			key.SetBool(name == "true")
        		case isWhole:
        			convert(whole, key)
        		case failure == nil:
        			convert(real, key)
        		default:
        			convert(name, key)
        		}
        		item := reflect.New(to.Type().Elem()).Elem()
        		convert(value, item)
        		to.SetMapIndex(key, item)
        	}
        }

        // natural is what stands for a value where the function takes any.
        func natural(value interface{}) interface{} {
        	switch value := value.(type) {
        	case *big.Int:
        		if value.IsInt64() {
        			return int(value.Int64())
        		}
        	case []interface{}:
        		for i := range value {
        			value[i] = natural(value[i])
        		}
        	case map[string]interface{}:
        		for key := range value {
        			value[key] = natural(value[key])
        		}
        	}
        	return value
        }

        func put32(frame []byte, value int) []byte {
        	return append(frame, byte(value), byte(value>>8), byte(value>>16), byte(value>>24))
        }

        func putWhole(frame []byte, value *big.Int) []byte {
        	if value.IsInt64() && int64(int32(value.Int64())) == value.Int64() {
        		return put32(append(frame, 'i'), int(value.Int64()))
        	}
        	rest := new(big.Int).Abs(value)
        	count := (rest.BitLen() + 14) / 15
        	signed := count
        	if value.Sign() < 0 {
        		signed = -count
        	}
        	frame = put32(append(frame, 'l'), signed)
        	for i := 0; i < count; i++ {
        		digit := new(big.Int).And(rest, big.NewInt(32767)).Int64()
        		frame = append(frame, byte(digit), byte(digit>>8))
        		rest.Rsh(rest, 15)
        	}
        	return frame
        }

        func put(frame []byte, value reflect.Value, depth int) []byte {
        	if depth > 100 {
        		panic(unplain{"the result is nested too deeply"})
        	}
        	if len(frame) > 8<<20 {
        		panic(unplain{"the result is too large"})
        	}
        	if value.IsValid() && value.Type() == reflect.TypeOf(&big.Int{}) && !value.IsNil() && value.CanInterface() {
        		return putWhole(frame, value.Interface().(*big.Int))
        	}
        	switch value.Kind() {
        	case reflect.Invalid:
        		return append(frame, 'N')
        	case reflect.Bool:
        		if value.Bool() {
        			return append(frame, 'T')
        		}
        		return append(frame, 'F')
        	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
        		return putWhole(frame, big.NewInt(value.Int()))
        	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
        		return putWhole(frame, new(big.Int).SetUint64(value.Uint()))
        	case reflect.Float32, reflect.Float64:
        		bits := math.Float64bits(value.Float())
        		return put32(put32(append(frame, 'g'), int(uint32(bits))), int(bits>>32))
        	case reflect.String:
        		return append(put32(append(frame, 'u'), value.Len()), value.String()...)
        	case reflect.Slice, reflect.Array:
        		frame = put32(append(frame, '['), value.Len())
        		for i := 0; i < value.Len(); i++ {
        			frame = put(frame, value.Index(i), depth+1)
        		}
        		return frame
        	case reflect.Map:
        		frame = append(frame, '{')
        		for entries := value.MapRange(); entries.Next(); {
        			frame = put(frame, entries.Key(), depth+1)
        			frame = put(frame, entries.Value(), depth+1)
        		}
        		return append(frame, '0')
        	case reflect.Interface, reflect.Ptr:
        		if value.IsNil() {
        			return append(frame, 'N')
        		}
        		if value.Kind() == reflect.Interface {
        			if failure, is := value.Interface().(error); is {
        				message := failure.Error()
        				return append(put32(append(frame, 'u'), len(message)), message...)
        			}
        		}
        		return put(frame, value.Elem(), depth+1)
        	case reflect.Struct:
        		frame = append(frame, '{')
        		for i := 0; i < value.NumField(); i++ {
        			name := value.Type().Field(i).Name
        			frame = append(put32(append(frame, 'u'), len(name)), name...)
        			frame = put(frame, value.Field(i), depth+1)
        		}
        		return append(frame, '0')
        	}
        	panic(unplain{"the result is not plain data but " + value.Kind().String()})
        }
        """#
}
