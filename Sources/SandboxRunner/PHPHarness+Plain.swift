/// Part one of the PHP harness: messages, and plain data for values that a program returns.
///
/// The format is the one of the Python harness; `(` with a name first is a mark for what stays in its process.
let phpPlain = #"""
    namespace SlotHarness {
        final class Gone extends \Exception {}
        final class NotPlain extends \Exception {}
        final class AssertionFailed extends \Exception {}

        const PROGRAM = '/w/program.php';

        function stream(int $number) { return \fopen("php://fd/$number", 'r+b'); }

        function read_exactly($stream, int $count): string {
            $data = '';
            while (($missing = $count - \strlen($data)) > 0) {
                $part = \fread($stream, \min($missing, 1 << 20));
                if ($part === false || $part === '') throw new Gone('the other process has ended');
                $data .= $part;
            }
            return $data;
        }

        function read_message($stream): string {
            return read_exactly($stream, \unpack('V', read_exactly($stream, 4))[1]);
        }

        function write_message($stream, string $data): void {
            $data = \pack('V', \strlen($data)) . $data;
            while ($data !== '') {
                $n = @\fwrite($stream, $data);
                if (!$n) throw new Gone('the other process has ended');
                $data = \substr($data, $n);
            }
        }

        /// What was thrown, and where in the program, without the harness's own frames.
        function describe(\Throwable $error): string {
            $place = \basename($error->getFile()) . ':' . $error->getLine();
            $text = ($error->getFile() === 'Command line code' ? 'program.php' : $place) . ': ' . \get_class($error) . ': ' . $error->getMessage();
            foreach (\array_slice($error->getTrace(), 0, 6) as $frame) {
                if (($frame['file'] ?? '') === PROGRAM) $text .= "\n  from program.php:" . $frame['line'] . ' in ' . ($frame['function'] ?? '');
            }
            return \substr($text, 0, 2000);
        }

        final class Encoder {
            public string $out = '';
            private array $above = [];
            /// What to do with what is not plain: function (Encoder, value, depth).
            public function __construct(private \Closure $keep) {}

            public function integer(int $value): void {
                if ($value >= -2147483648 && $value <= 2147483647) {
                    $this->out .= 'i' . \pack('V', $value & 0xffffffff);
                    return;
                }
                $digits = '';
                $count = 0;
                // The least integer has no opposite; its digits are taken from below zero.
                for ($rest = $value > 0 ? -$value : $value; $rest !== 0; $rest = \intdiv($rest, 32768), $count++) {
                    $digits .= \pack('v', -($rest % 32768));
                }
                $this->out .= 'l' . \pack('V', ($value < 0 ? -$count : $count) & 0xffffffff) . $digits;
            }

            public function items(string $tag, iterable $items, int $count, int $depth): void {
                $this->out .= $tag . \pack('V', $count);
                foreach ($items as $item) $this->put($item, $depth + 1);
            }

            public function mark(...$items): void { $this->items('(', $items, \count($items), 0); }

            public function put($value, int $depth = 0): void {
                if ($depth > 200) throw new NotPlain('nested too deeply');
                switch (\gettype($value)) {
                    case 'integer': $this->integer($value); break;
                    case 'double': $this->out .= 'g' . \pack('e', $value); break;
                    case 'string':
                        $this->out .= (\preg_match('//u', $value) ? 'u' : 's') . \pack('V', \strlen($value)) . $value;
                        break;
                    case 'boolean': $this->out .= $value ? 'T' : 'F'; break;
                    case 'NULL': $this->out .= 'N'; break;
                    case 'array':
                        if (\array_is_list($value)) {
                            $this->items('[', $value, \count($value), $depth);
                            break;
                        }
                        $this->out .= '{';
                        foreach ($value as $key => $item) {
                            $this->put($key, $depth + 1);
                            $this->put($item, $depth + 1);
                        }
                        $this->out .= '0';
                        break;
                    default: ($this->keep)($this, $value, $depth);
                }
            }
        }

        /// For a judge that knows JSON only: an object without a class of its own is its fields.
        function only_plain(Encoder $encoder, $value, int $depth): void {
            if ($value instanceof \stdClass || $value instanceof \ArrayObject || $value instanceof \SplFixedArray) {
                $encoder->put($value instanceof \SplFixedArray ? $value->toArray() : (array)$value, $depth + 1);
                return;
            }
            if ($value instanceof \Generator) {
                $items = [];
                foreach ($value as $item) if (\array_push($items, $item) > 1000000) throw new NotPlain('a generator without an end');
                $encoder->put($items, $depth + 1);
                return;
            }
            throw new NotPlain('a value of type ' . \get_debug_type($value) . ' is not plain data');
        }

        final class Decoder {
            private int $at = 0;
            public function __construct(private string $data, private ?\Closure $special = null) {}

            private function take(int $count): string {
                if ($count < 0 || $this->at + $count > \strlen($this->data)) throw new Gone('cut short');
                $part = \substr($this->data, $this->at, $count);
                $this->at += $count;
                return $part;
            }

            private function number(): int {
                $number = \unpack('V', $this->take(4))[1];
                return $number > 2147483647 ? $number - 4294967296 : $number;
            }

            private function items(int $depth): array {
                $count = $this->number();
                if ($count < 0 || $count > \strlen($this->data) - $this->at) throw new Gone('a length that cannot be');
                $items = [];
                for ($i = 0; $i < $count; $i++) $items[] = $this->value($depth + 1);
                return $items;
            }

            private function big(): int|float {
                $count = $this->number();
                $digits = \array_reverse(\array_values(\unpack('v*', $this->take(2 * \abs($count)))));
                $total = 0;
                // Below zero there is room for one more; beyond an integer PHP goes on in floating point.
                foreach ($digits as $digit) $total = $total * 32768 - ($digit & 32767);
                return $count < 0 ? $total : -$total;
            }

            private function mapping(int $depth): array {
                $result = [];
                while (\substr($this->data, $this->at, 1) !== '0') {
                    $key = $this->value($depth + 1);
                    if (!\is_int($key) && !\is_string($key)) throw new Gone('a key that cannot be');
                    $result[$key] = $this->value($depth + 1);
                }
                $this->at++;
                return $result;
            }

            public function value(int $depth = 0) {
                if ($depth > 300) throw new Gone('nested too deeply');
                switch ($this->take(1)) {
                    case 'i': return $this->number();
                    case 'u': case 's': return $this->take($this->number());
                    case 'N': return null;
                    case 'T': return true;
                    case 'F': return false;
                    case 'g': return \unpack('e', $this->take(8))[1];
                    case 'l': return $this->big();
                    case '[': return $this->items($depth);
                    case '{': return $this->mapping($depth);
                    case '(':
                        $items = $this->items($depth);
                        return $this->special ? ($this->special)($items) : $items;
                    default: throw new Gone('a value of an unknown kind');
                }
            }

            public function whole() {
                $value = $this->value();
                if ($this->at !== \strlen($this->data)) throw new Gone('too much data');
                return $value;
            }
        }
    }
    """#
