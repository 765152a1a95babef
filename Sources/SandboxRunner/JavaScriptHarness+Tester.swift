/// Part three of the JavaScript harness: the child that runs tests, which never holds the program.
let javaScriptTester = #"""

    class ExitRequest {
      constructor(code) { this.code = code; }
    }

    /// The tester's end of the line to the program's process.
    class Link {
      constructor() {
        this.functions = [];
        this.remotes = new Map();
        this.numbers = new WeakMap();
        this.traces = new Map();
        /// Names that the program was asked for.
        this.asked = new Set();
        this.isGone = false;
      }

      encode(value) {
        const encoder = new Encoder((out, item, depth) => {
          const number = this.numbers.get(item);
          if (number !== undefined) return out.mark('object', number);
          if (portable(out, item, depth)) return;
          if (isNativeError(item)) return out.mark('error', String(item.name), String(item.message));
          if (typeof item === 'function') {
            if (globalThis[item.name] === item) return out.mark('global', item.name);
            return out.mark('callback', this.functions.push(item) - 1);
          }
          throw new TypeError(`a ${typeof item} cannot be passed to the program`);
        });
        // What the proxies stand for is looked up before anything of theirs is.
        const put = encoder.put;
        encoder.put = (item, depth = 0) => {
          const number = typeof item === 'object' && item !== null || typeof item === 'function' ? this.numbers.get(item) : undefined;
          if (number !== undefined) encoder.mark('object', number);
          else put.call(encoder, item, depth);
        };
        encoder.put(value);
        return encoder.whole;
      }

      decode(bytes) { return new Decoder(bytes, (items) => this.special(items)).whole; }

      special(items) {
        const number = items.at(-1);
        if (!isSafeInteger(number)) throw new Gone('an unknown mark');
        if (items[0] === 'promise') {
          const promise = new Promise((resolve, reject) => setImmediate(() => {
            try { resolve(this.ask('await', number)); } catch (error) { reject(error); }
          }));
          return promise;
        }
        if (items[0] === 'error') return this.error(items[1], items[2], null);
        if (items[0] !== 'object' && items[0] !== 'function') throw new Gone('an unknown mark');
        let remote = this.remotes.get(number);
        if (!remote) {
          remote = makeRemote(this, number, items[0] === 'function');
          this.remotes.set(number, remote);
          this.numbers.set(remote, number);
        }
        return remote;
      }

      error(name, message, code) {
        const kinds = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
        const error = new (Object.hasOwn(kinds, name) ? kinds[name] : Error)(String(message));
        if (error.name !== name) Object.defineProperty(error, 'name', { value: String(name), configurable: true, writable: true });
        if (typeof code === 'string') error.code = code;
        return error;
      }

      ask(verb, target, given) {
        try { return this.exchange(verb, target, given); } catch (error) {
          if (error instanceof Gone) this.isGone = true;
          throw error;
        }
      }

      exchange(verb, target, given) {
        writeMessage(LINK, this.encode([verb, target, given]));
        for (;;) {
          const reply = readMessage(LINK), rest = reply.subarray(1);
          if (reply[0] === 86) return this.decode(rest);
          if (reply[0] === 88) {
            const [isError, what, trace] = this.decode(rest);
            const error = isError === true ? this.error(...what) : what;
            this.traces.set(error, String(trace));
            throw error;
          }
          if (reply[0] !== 66) throw new Gone('an answer of an unknown kind');
          const [number, values] = this.decode(rest);
          if (!isSafeInteger(number) || number < 0 || number >= this.functions.length) throw new Gone('an unknown function');
          let answer;
          try { answer = ['V', this.encode(this.functions[number](...values))]; } catch (error) {
            answer = ['X', this.encode(error)];
          }
          writeMessage(LINK, ...answer);
        }
      }
    }

    /// Something that lives in the program's process. It never takes part in a comparison, in arithmetic or in a conversion to
    /// a number: those would let the program decide what a test finds.
    function makeRemote(link, number, isFunction) {
      const target = isFunction ? function () {}.bind() : {};
      if (isFunction) for (const key of ['name', 'length']) delete target[key];
      const text = () => String(link.ask('text', number));
      const convert = (hint) => {
        if (hint === 'string') return text();
        throw new TypeError("an object of the program's takes no part in comparison or arithmetic");
      };
      return new Proxy(target, {
        get(_, key) {
          if (key === Symbol.toPrimitive) return convert;
          if (key === Symbol.iterator) return () => iterate(link, number);
          if (key === Symbol.hasInstance) return (value) => typeof value === 'object' && link.ask('is', number, value) === true;
          if (typeof key === 'symbol' || key === 'valueOf' || key === 'toJSON') return undefined;
          if (key === 'toString') return text;
          const value = link.ask('get', number, key);
          return key === 'then' && typeof value !== 'function' ? undefined : value;
        },
        set(_, key, value) { return link.ask('set', number, [String(key), value]) === true; },
        has(_, key) { return typeof key === 'string' && link.ask('has', number, key) === true; },
        ownKeys() { return [...new Set(link.ask('keys', number).map(String))]; },
        getOwnPropertyDescriptor(_, key) {
          if (typeof key !== 'string' || !link.ask('keys', number).includes(key)) return undefined;
          return { value: link.ask('get', number, key), writable: true, enumerable: true, configurable: true };
        },
        getPrototypeOf() { return isFunction ? Function.prototype : null; },
        defineProperty() { return false; },
        deleteProperty() { return false; },
        preventExtensions() { return false; },
        setPrototypeOf() { return false; },
        apply(_, self, given) { return link.ask('call', number, [self === globalThis ? undefined : self, given]); },
        construct(_, given) { return Object(link.ask('new', number, given)); },
      });
    }

    function* iterate(link, number) {
      const iterator = link.ask('iterate', number);
      const own = link.numbers.get(iterator);
      for (;;) {
        const step = link.ask('next', own);
        if (step.done !== false) return;
        yield step.value;
      }
    }

    /// The names a test sees beyond its own and JavaScript's: what the program defined. A program cannot replace what the test
    /// relies on, unless that is all an assertion asks for: `escape('x') === 'y'` is about the program's `escape`.
    function makeScope(link, kind, code) {
      const own = Object.assign(Object.create(null), { assert: builtin('assert') });
      const asked = kind === 'assert' ? /^[\s(!]*(?:assert[\w.]*\s*\(\s*)?([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*\(/u.exec(code)?.[1] : undefined;
      const remote = (name) => {
        if (name === 'assert' || (name in globalThis && name !== asked)) return undefined;
        link.asked.add(name);
        const found = link.ask('name', name);
        if (!isArray(found) || found[0] !== true) return undefined;
        if (link.numbers.has(found[1])) own[name] = found[1];
        return found;
      };
      return new Proxy(own, {
        has(_, name) { return typeof name === 'string' && (name in own || remote(name) !== undefined); },
        get(_, name) {
          if (typeof name !== 'string') return undefined;
          return name in own ? own[name] : remote(name)?.[1];
        },
        set(_, name, value) { own[name] = value; return true; },
      });
    }

    /// The test as a function of its scope and its parameters; throws SyntaxError.
    function compileTest(kind, code) {
      const alone = (text) => vm.compileFunction(text, PARAMETERS, { filename: 'test.js' });
      const inScope = (head, text, tail) => vm.compileFunction(
        `with ($scope) { return (${head}function (${PARAMETERS}) {${text}\n}${tail}).apply(undefined, $given); }`,
        ['$scope', '$given'], { filename: 'test.js' });
      if (kind === 'assert' && !/^\s*(assert|console\.assert|expect)\b/.test(code)) {
        const expression = `return (${code.replace(/;\s*$/, '')}\n);`;
        try { alone(expression); return { run: inScope('', expression, ''), isExpression: true }; } catch { /* a statement */ }
      }
      try { alone(code); } catch (error) {
        if (!/\bawait\b/.test(code)) throw error;
        alone(`return (async () => {${code}\n})`);
        return { run: inScope('async ', code, ''), isExpression: false };
      }
      return { run: inScope('', code, ''), isExpression: false };
    }

    /// Whether a test failed for want of what it calls: the program defines no such function or class.
    function lacks(link, code, error) {
      if (!isNativeError(error)) return false;
      const name = /^(\S+) is not (?:defined|a function|a constructor)$/.exec(error.message)?.[1];
      if (name === undefined || !link.asked.has(name)) return false;
      const quoted = name.replaceAll('$', '\\$');
      return new RegExp(`(?<![\\p{ID_Continue}$.])(?:${quoted}\\s*[.(]|new\\s+${quoted}(?![\\p{ID_Continue}$]))`, 'u').test(code);
    }

    const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
    const idle = () => new Promise((resolve) => process.once('beforeExit', () => setImmediate(resolve, idle)));

    async function runTest(link, kind, code, stray) {
      const { run, isExpression } = compileTest(kind, code);
      const { module, require } = makeModule('/w/test.js');
      let value = run(makeScope(link, kind, code), [module.exports, require, module, '/w/test.js', '/w']);
      if (isPromise(value)) {
        value = await Promise.race([value, idle()]);
        if (value === idle) throw new Error('the test waits for something that never comes');
      }
      await nextTurn();
      if (process.getActiveResourcesInfo().some((name) => name === 'Timeout' || name === 'Immediate')) await idle();
      if (stray.length) throw stray[0];
      if (isExpression && !value) throw new Error('the assertion does not hold');
    }

    async function runTests() {
      const [nonce, tests] = new Decoder(readMessage(SECRET)).whole;
      const link = new Link();
      const say = (tag, number, text = '') => {
        const place = Buffer.alloc(4);
        place.writeUInt32LE(number, 0);
        writeMessage(SECRET, nonce, place, link.isGone ? 'g' : tag, Buffer.from(String(text)).subarray(0, 2000));
      };
      let stray = [];
      process.on('uncaughtException', (error) => stray.push(error));
      process.on('unhandledRejection', (error) => stray.push(error));
      process.reallyExit = (code) => { throw new ExitRequest(code); };
      console.assert = builtin('assert').ok;
      // Not before the program has loaded: the end of the tests is its end too.
      try { link.ask('name', 'f'); } catch (error) { return say('g', 0, error.message); }
      for (const [number, [kind, code]] of tests.entries()) {
        stray = [];
        try {
          compileTest(kind, code);
        } catch (error) {
          say('t', number, error.message);
          continue;
        }
        try {
          await runTest(link, kind, code, stray);
          say('p', number);
        } catch (error) {
          const trace = link.traces.get(error);
          if (error instanceof ExitRequest) say(error.code ? 'f' : 'p', number, `the test exited with ${error.code}`);
          else if (trace !== undefined) say(/allocation failed|out of memory/i.test(trace) ? 'm' : 'x', number, trace);
          else say(lacks(link, code, error) ? 'x' : 'f', number, isNativeError(error) ? `${error.name}: ${error.message}` : util.inspect(error));
        }
        if (link.isGone) break;
      }
      say('d', tests.length);
    }
    """#

/// Part four: pid 1 of a JavaScript slot, which forks the other two.
let javaScriptZygote = #"""

    function warmUp() {
      for (const name of ['readline', 'stream', 'events', 'net', 'tty', 'assert', 'string_decoder', 'url', 'path', 'os', 'timers']) builtin(name);
      void [fs.ReadStream, fs.WriteStream, process.stdout, process.stderr, process.stdout.writable, globalThis.performance, structuredClone];
      const sink = new (builtin('stream').Writable)({ write(_chunk, _encoding, done) { done(); } });
      const quiet = new console.Console({ stdout: sink, stderr: sink });
      const sample = { a: [1, 2.5, 'x', null, undefined, true, { b: new Map([[1, new Set([2])]]) }], c: 'text', d: [[1], []] };
      for (let i = 0; i < 20; i++) {
        quiet.log('x', i, sample, [1, 2, 3], '%d', 5);
        const encoder = new Encoder(onlyPlain);
        encoder.put(sample);
        new Decoder(Buffer.from(encoder.whole)).special;
        const linked = new Encoder(portable);
        linked.put(sample);
        new Decoder(Buffer.from(linked.whole)).whole;
      }
      const text = 'const a = (x) => { let s = 0; for (let i = 0; i < x; i++) s += i; return s; }; class B { m() { return a(3); } }\n$names(0)';
      vm.compileFunction(text, PARAMETERS.concat('$names'), { filename: '/w/warm.js', importModuleDynamically() {} }).call({}, {}, 0, 0, 0, 0, () => {});
      makeModule('/w/program.js');
      try { vm.compileFunction('let =', [], { filename: '/w/warm.js' }); } catch (error) { describe(error); }
      compileTest('assert', '4 === 4').run(new Proxy({}, { has: () => false }), []);
      try { builtin('assert').deepStrictEqual([1, { a: 2 }], [1, { a: 2 }]); builtin('assert').ok(false); } catch (error) { describe(error); }
      RESULT = fs.openSync('/dev/null', 'w');
      runCalls('function f(x) { return [x, { a: 1 }]; }\nconst g = (x) => x.a.b;', [['f', [1]], ['g', [1]], ['h', []]]);
      process._tickCallback?.();
      fs.closeSync(RESULT);
      RESULT = 5;
      isEqual(sample, structuredClone(sample));
      // The line between the two children, without the line.
      const server = new Server((name) => name === 'f' ? (x) => 2 * x : undefined), link = new Link();
      link.exchange = (verb, target, given) => {
        const [asked, about, values] = server.decode(Buffer.from(link.encode([verb, target, given])));
        return link.decode(Buffer.from(server.encode(server.answer(asked, about, values))));
      };
      for (const [kind, code] of [['assert', 'f(2) === 4'], ['program', "if (f(2) !== 4 || JSON.stringify(f(1)) !== '2') throw 1;"]]) {
        const { module, require } = makeModule('/w/test.js');
        compileTest(kind, code).run(makeScope(link, kind, code), [module.exports, require, module, '/w/test.js', '/w']);
      }
      process.getActiveResourcesInfo();
      setTimeout(() => {}, 0).unref();
    }

    function begin() {
      // As a program that is a file of its own finds them.
      for (const name of ['require', 'module', 'exports', '__filename', '__dirname', ...Module.builtinModules]) {
        if (Object.hasOwn(globalThis, name) && !['process', 'console', 'performance', 'crypto'].includes(name)) delete globalThis[name];
      }
      const crypto = { get() { return builtin('crypto').webcrypto; }, set(value) { Object.defineProperty(globalThis, 'crypto', { value }); }, configurable: true };
      Object.defineProperty(globalThis, 'crypto', crypto);
      process.argv = ['/usr/bin/node', '/w/program.js'];
      process.execArgv = [];
      for (const name of keys(process.env)) delete process.env[name];
      warmUp();
      builtin('v8').setFlagsFromString('--expose-gc');
      const collect = vm.runInNewContext('gc');
      builtin('v8').setFlagsFromString('--no-expose-gc');
      collect();
      const role = native.serve();
      const { leave } = native, { emit } = process;
      try { Object.defineProperty(process, 'pid', { value: Number(fs.readlinkSync('/proc/self')) }); } catch { /* no /proc */ }
      if (role === -1) return runTests().then(() => leave(0), () => leave(78));
      process.reallyExit = (code) => leave(code ?? 0);
      let uncaught;
      process.emit = function (name, ...given) {
        if (name === 'uncaughtException') uncaught = given[0];
        const heard = emit.call(this, name, ...given);
        if (name === 'uncaughtException' && heard) uncaught = undefined;
        // Behind every listener: what Node itself does after that is to wait for threads that do not exist here.
        if (name === 'exit') {
          if (uncaught !== undefined) fs.writeSync(2, `${describe(uncaught)}\n`);
          leave(Number(process.exitCode ?? given[0]) || 0);
        }
        return heard;
      };
      const [source, extra] = readBody();
      if (role === 3) return runProgram(source, extra);
      if (role === 0) return compiled(source, ''), leave(0);
      // The program's end is the end: a timer of its own does not keep it.
      const work = role === 1 ? runCalls(source, extra) : runServer(source);
      work.then(() => leave(0), (error) => leave(error instanceof Gone ? 0 : 78));
    }
    begin();
    """#
