/// Part two of the PHP harness: the child that runs a program.
let phpCandidate = #"""

    namespace SlotHarness {
        final class Candidate {
            public static $result;
            public static bool $isLoaded = false;
            public static bool $isDone = false;
            /// Whether a fatal error would be the top level's; later it is the business of whoever waits for an answer.
            private static bool $isStarting = true;
            private static array $objects = [];
            private static array $numbers = [];

            public static function say(string $data): void { write_message(self::$result, $data); }

            public static function body(): array {
                $stream = stream(4);
                \rewind($stream);
                $data = '';
                while (!\feof($stream)) $data .= \fread($stream, 1 << 20);
                \fclose($stream);
                return (new Decoder($data))->whole();
            }

            /// PHP ends a process by itself when memory runs out or a program cannot be compiled.
            public static function watch(int $role): void {
                if ($role === 3) self::$isStarting = false;
                \register_shutdown_function(static function () use ($role) {
                    $last = \error_get_last();
                    if (self::$isDone || $last === null) return;
                    if (\str_starts_with($last['message'], 'Uncaught ')) return;
                    $fatal = \E_ERROR | \E_CORE_ERROR | \E_COMPILE_ERROR | \E_PARSE | \E_RECOVERABLE_ERROR;
                    if (!($last['type'] & $fatal)) return;
                    $text = \substr(\basename($last['file']) . ':' . $last['line'] . ': ' . $last['message'], 0, 2000);
                    $isCompiler = !self::$isLoaded && $last['file'] === PROGRAM && ($role === 0 || $last['type'] & (\E_COMPILE_ERROR | \E_PARSE));
                    if ($isCompiler) self::say("E$text");
                    elseif (self::$isStarting) self::say((\str_starts_with($last['message'], 'Allowed memory size') ? 'M' : 'L') . $text);
                });
            }

            /// Where a `return` can be put so that the whole file is compiled and nothing of it is run.
            public static function withoutRunning(string $source): string {
                $at = 0;
                $end = null;
                $depth = 0;
                $isHead = false;
                foreach (\token_get_all($source) as $token) {
                    $text = \is_array($token) ? $token[1] : $token;
                    $kind = \is_array($token) ? $token[0] : $token;
                    $at += \strlen($text);
                    if ($kind === \T_OPEN_TAG && $end === null) $end = $at;
                    elseif ($kind === \T_INLINE_HTML || $kind === \T_OPEN_TAG_WITH_ECHO) return '<?php return; ?>' . $source;
                    elseif ($kind === \T_WHITESPACE || $kind === \T_COMMENT || $kind === \T_DOC_COMMENT) continue;
                    elseif (!$isHead && ($kind === \T_DECLARE || $kind === \T_NAMESPACE)) $isHead = true;
                    elseif (!$isHead) break;
                    elseif ($kind === ';' || $kind === '{') {
                        $end = $at;
                        $isHead = false;
                    }
                }
                return $end === null ? $source : \substr($source, 0, $end) . ' return; ' . \substr($source, $end);
            }

            public static function refusal(\Throwable $error): ?string {
                if (!$error instanceof \CompileError || self::$isLoaded || $error->getFile() !== PROGRAM) return null;
                return 'Eprogram.php:' . $error->getLine() . ': ' . \get_class($error) . ': ' . $error->getMessage();
            }

            public static function failed(\Throwable $error): void {
                self::say(self::refusal($error) ?? 'L' . describe($error));
                self::$isDone = true;
            }

            public static function callable(string $name): callable {
                $name = \str_replace('.', '::', $name);
                if (\is_callable($name)) return $name;
                if (\is_callable($GLOBALS[$name] ?? null)) return $GLOBALS[$name];
                throw new \Error("the program defines no function $name");
            }

            public static function calls(array $calls): void {
                self::$isStarting = false;
                foreach ($calls as [$name, $given]) {
                    try {
                        $value = self::callable($name)(...$given);
                    } catch (\Throwable $error) {
                        self::say('x' . describe($error));
                        continue;
                    }
                    try {
                        $encoder = new Encoder(only_plain(...));
                        $encoder->put($value);
                        self::say('r' . $encoder->out);
                    } catch (\Throwable $error) {
                        self::say('u' . describe($error));
                    }
                }
                self::say('d');
            }

            public static function keep(object $value): int {
                $id = \spl_object_id($value);
                if (!isset(self::$numbers[$id])) {
                    self::$numbers[$id] = \count(self::$objects);
                    self::$objects[] = $value;
                }
                return self::$numbers[$id];
            }

            public static function encode($value): string {
                $encoder = new Encoder(static function (Encoder $encoder, $item, int $depth) {
                    if (!\is_object($item)) throw new NotPlain('a ' . \get_debug_type($item) . ' cannot be passed');
                    $encoder->mark($item instanceof \Closure ? 'closure' : 'object', self::keep($item), \get_class($item));
                });
                $encoder->put($value);
                return $encoder->out;
            }

            /// What the program defined of what a test names.
            private static function known(array $names): array {
                $functions = [];
                $classes = [];
                foreach ($names as $name) {
                    if (\function_exists($name) && (new \ReflectionFunction($name))->isUserDefined()) {
                        $references = [];
                        foreach ((new \ReflectionFunction($name))->getParameters() as $parameter) {
                            $references[] = $parameter->isPassedByReference();
                        }
                        $functions[$name] = $references;
                    }
                    if (\class_exists($name) && (new \ReflectionClass($name))->isUserDefined()) {
                        $type = new \ReflectionClass($name);
                        $plain = static fn($item) => \is_scalar($item) || $item === null || \is_array($item);
                        $classes[$name] = \array_filter($type->getConstants(), $plain);
                    }
                }
                return [$functions, $classes];
            }

            private static function answer(string $verb, $target, array $given) {
                switch ($verb) {
                    case 'known':
                        $globals = [];
                        foreach ($given as $name) if (isset($GLOBALS[$name])) $globals[$name] = $GLOBALS[$name];
                        $constants = \get_defined_constants(true)['user'] ?? [];
                        return [...self::known($target), \array_filter($constants, static fn($key) => !\str_contains($key, '\\'), \ARRAY_FILTER_USE_KEY), $globals];
                    case 'call':
                        $value = $target(...self::references($given));
                        return [$value, $given];
                    case 'new': return new $target(...$given);
                    case 'method': return self::$objects[$target]->{$given[0]}(...$given[1]);
                    case 'static': return [$target, $given[0]](...$given[1]);
                    case 'get': return self::$objects[$target]->{$given[0]};
                    case 'property': return $target::${$given[0]};
                    case 'set': self::$objects[$target]->{$given[0]} = $given[1]; return null;
                    case 'isset': return isset(self::$objects[$target]->{$given[0]});
                    case 'text': return (string)self::$objects[$target];
                    case 'count': return \count(self::$objects[$target]);
                    case 'invoke': return (self::$objects[$target])(...$given);
                    case 'item': return self::$objects[$target][$given[0]];
                    case 'put': self::$objects[$target][$given[0]] = $given[1]; return null;
                    case 'has': return isset(self::$objects[$target][$given[0]]);
                    case 'walk':
                        $pairs = [];
                        foreach (self::$objects[$target] as $key => $item) if (\array_push($pairs, [$key, $item]) > 100000) break;
                        return $pairs;
                }
                throw new \Error("nothing is called $verb");
            }

            private static function references(array &$given): array {
                $references = [];
                foreach ($given as $key => $_) $references[$key] = &$given[$key];
                return $references;
            }

            public static function serve(): void {
                $link = stream(200);
                self::$isStarting = false;
                for (;;) {
                    try {
                        [$verb, $target, $given] = (new Decoder(read_message($link), static function (array $items) use ($link) {
                            if ($items[0] === 'object') return self::$objects[$items[1]];
                            return static function (...$given) use ($items, $link) {
                                write_message($link, 'B' . self::encode([$items[1], $given]));
                                $reply = read_message($link);
                                if ($reply[0] === 'X') throw new \RuntimeException(\substr($reply, 1));
                                return (new Decoder(\substr($reply, 1), static fn(array $items) => self::$objects[$items[1]]))->whole();
                            };
                        }))->whole();
                    } catch (Gone) {
                        return;
                    }
                    try {
                        $reply = 'V' . self::encode(self::answer($verb, $target, $given));
                    } catch (\Throwable $error) {
                        $names = [\get_class($error), ...\array_values(\class_parents($error))];
                        $reply = 'X' . self::encode([$names, $error->getMessage(), \is_int($error->getCode()) ? $error->getCode() : 0, describe($error)]);
                    }
                    write_message($link, $reply);
                }
            }
        }
    }
    """#
