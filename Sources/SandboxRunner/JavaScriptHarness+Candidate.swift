/// Part two of the JavaScript harness: the child that runs a program.
let javaScriptCandidate = #"""

    const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];
    const isModuleError = (error) =>
      /import statement outside|Unexpected token 'export'|import\.meta|await is only valid|Unexpected reserved word/.test(error.message);

    function readBody() {
      const bytes = Buffer.allocUnsafe(fs.fstatSync(BODY).size);
      for (let done = 0; done < bytes.length;) done += fs.readSync(BODY, bytes, done, bytes.length - done, done);
      fs.closeSync(BODY);
      return new Decoder(bytes).whole;
    }

    /// The one part of lodash that published tests ask for.
    function isEqual(left, right) {
      if (left === right || (left !== left && right !== right)) return true;
      if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
      if (getPrototypeOf(left) !== getPrototypeOf(right) || isArray(left) !== isArray(right)) return false;
      if (isMap(left) || isSet(left) || isDate(left) || isRegExp(left) || isTypedArray(left)) return util.isDeepStrictEqual(left, right);
      const own = keys(left);
      return own.length === keys(right).length && (!isArray(left) || left.length === right.length) &&
        own.every((key) => Object.prototype.hasOwnProperty.call(right, key) && isEqual(left[key], right[key]));
    }

    function makeModule(filename) {
      const module = new Module(filename, null);
      module.filename = filename;
      const plain = Module.createRequire(filename);
      const require = (name) => name === 'lodash' ? { isEqual } : plain(name);
      Object.assign(require, { resolve: plain.resolve, cache: plain.cache, extensions: plain.extensions, main: undefined });
      return { module, require };
    }

    function builtinModule(require, name) {
      const content = require(name);
      const names = [...new Set(['default', ...keys(content)])];
      return new vm.SyntheticModule(names, function () {
        for (const key of names) this.setExport(key, key === 'default' ? content : content[key]);
      });
    }

    /// Compiles a program, as a script or, if it cannot be one, as a module. `epilogue` is code behind it.
    function compileProgram(source, epilogue) {
      let text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
      if (text.startsWith('#!')) text = '//' + text.slice(2);
      const importModuleDynamically = (name) => import(name);
      try {
        const script = vm.compileFunction(text, PARAMETERS, { filename: '/w/program.js', importModuleDynamically });
        if (!epilogue) return { script };
        return { script: vm.compileFunction(text + epilogue, PARAMETERS.concat('$names'), { filename: '/w/program.js', importModuleDynamically }) };
      } catch (error) {
        if (!/\b(import|export|await)\b/.test(text)) throw error;
        const options = {
          identifier: '/w/program.mjs', importModuleDynamically,
          initializeImportMeta(meta) { meta.url = 'file:///w/program.mjs'; }
        };
        const module = asModule(text, options, error);
        return { module: epilogue ? new vm.SourceTextModule(text + epilogue.replaceAll('$names', 'globalThis.$names'), options) : module };
      }
    }

    /// A module's syntax error does not say where it is: it is in the line with which it first appears.
    function asModule(text, options, asScript) {
      try { return new vm.SourceTextModule(text, options); } catch (error) {
        if (!isModuleError(asScript)) throw asScript;
        const lines = text.split('\n');
        for (let count = 1; count <= Math.min(lines.length, 500); count++) {
          try { new vm.SourceTextModule(lines.slice(0, count).join('\n'), options); } catch (found) {
            if (found.message !== error.message) continue;
            error.stack = `program.js:${count}\n${lines[count - 1]}\n\nSyntaxError: ${error.message}`;
            break;
          }
        }
        throw error;
      }
    }

    const EPILOGUE = '\n;$names((name) => { "use strict"; return eval(name); });';

    /// The program compiled, or undefined after saying what the compiler said.
    function compiled(source, epilogue) {
      const begun = process.cpuUsage();
      try {
        const result = compileProgram(source, epilogue);
        const used = process.cpuUsage(begun);
        writeMessage(RESULT, `c${(used.user + used.system) / 1e6}`);
        return result;
      } catch (error) {
        writeMessage(RESULT, `E${String(error.stack).split('\n    at ')[0].replace('/w/', '')}`.slice(0, 2000));
        return undefined;
      }
    }

    async function evaluate(module, require) {
      await module.link((name) => builtinModule(require, name));
      await module.evaluate();
    }

    /// Runs the program's top level. Returns a function from names to values, or undefined after saying what went wrong.
    async function load(source) {
      const program = compiled(source, EPILOGUE);
      if (!program) return undefined;
      const { module, require } = makeModule('/w/program.js');
      let inner;
      const names = (find) => { inner = find; };
      try {
        if (program.script) {
          program.script.call(module.exports, module.exports, require, module, '/w/program.js', '/w', names);
        } else {
          Object.defineProperty(globalThis, '$names', { value: names, configurable: true });
          await evaluate(program.module, require);
        }
      } catch (error) {
        writeMessage(RESULT, (isOutOfMemory(error) ? 'M' : 'L') + describe(error));
        return undefined;
      }
      writeMessage(RESULT, 'l');
      return (name) => {
        if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return undefined;
        try { return inner(name); } catch { /* not a name of its own */ }
        const exported = module.exports;
        if (exported !== null && exported !== undefined && name in Object(exported)) return exported[name];
        if (typeof exported === 'function' && exported.name === name) return exported;
        return globalThis[name];
      };
    }

    async function runCalls(source, calls) {
      const find = await load(source);
      if (!find) return;
      for (const [name, given] of calls) {
        let value;
        try {
          const path = name.split('.');
          const owner = path.slice(1, -1).reduce((object, key) => object[key], find(path[0]));
          const target = path.length === 1 ? owner : owner[path.at(-1)];
          if (typeof target !== 'function') throw new ReferenceError(`the program defines no function ${name}`);
          value = path.length === 1 ? target(...given) : target.apply(owner, given);
          if (isPromise(value)) value = await value;
        } catch (error) {
          writeMessage(RESULT, (isOutOfMemory(error) ? 'm' : 'x') + describe(error));
          continue;
        }
        try {
          const encoder = new Encoder(onlyPlain);
          encoder.put(value);
          writeMessage(RESULT, 'r', encoder.whole);
        } catch (error) {
          writeMessage(RESULT, (isOutOfMemory(error) ? 'm' : 'u') + describe(error));
        }
      }
      writeMessage(RESULT, 'd');
    }

    function runProgram(source, input) {
      for (let done = 0; done < input.length;) done += fs.writeSync(0, input, done, input.length - done, done);
      const program = compiled(source, '');
      if (!program) return native.leave(0);
      const { module, require } = makeModule('/w/program.js');
      require.main = module;
      process.mainModule = module;
      if (program.script) {
        program.script.call(module.exports, module.exports, require, module, '/w/program.js', '/w');
      } else {
        evaluate(program.module, require).catch((error) => setImmediate(() => { throw error; }));
      }
    }

    /// Answers the tester's questions about what the program defined, in plain data.
    class Server {
      constructor(find) {
        this.find = find;
        this.objects = [];
        this.numbers = new Map();
      }

      keep(value) {
        let number = this.numbers.get(value);
        if (number === undefined) {
          number = this.objects.push(value) - 1;
          this.numbers.set(value, number);
        }
        return number;
      }

      encode(value) {
        const remember = (encoder, item, depth) => {
          if (portable(encoder, item, depth)) return;
          if (isPromise(item)) {
            item.catch(() => {});
            return encoder.mark('promise', this.keep(item));
          }
          if (isNativeError(item)) return encoder.mark('error', String(item.name), String(item.message), this.keep(item));
          encoder.mark(typeof item === 'function' ? 'function' : 'object', this.keep(item));
        };
        let encoder = new Encoder(remember);
        try { encoder.put(value); } catch (error) {
          if (!(error instanceof NotPlain)) throw error;
          encoder = new Encoder(remember);
          encoder.mark('object', this.keep(value));
        }
        return encoder.whole;
      }

      decode(bytes) {
        return new Decoder(bytes, (items) => {
          if (items[0] === 'object') return this.objects[items[1]];
          if (items[0] === 'callback') return (...given) => this.callBack(items[1], given);
          if (items[0] === 'error') return new (globalThis[items[1]] ?? Error)(items[2]);
          return globalThis[items[1]];
        }).whole;
      }

      callBack(number, given) {
        writeMessage(LINK, 'B', this.encode([number, given]));
        const reply = readMessage(LINK);
        const value = this.decode(reply.subarray(1));
        if (reply[0] === 88) throw value;
        return value;
      }

      answer(verb, target, given) {
        switch (verb) {
          case 'name': {
            const value = this.find(target);
            return value === undefined ? [false] : [true, value];
          }
          case 'call': return Reflect.apply(this.objects[target], given[0], given[1]);
          case 'new': return Reflect.construct(this.objects[target], given);
          case 'get': return this.objects[target][given];
          case 'set': this.objects[target][given[0]] = given[1]; return true;
          case 'has': return given in this.objects[target];
          case 'keys': return keys(this.objects[target]);
          case 'text': return String(this.objects[target]);
          case 'await': return this.objects[target];
          case 'is': return given instanceof this.objects[target];
          case 'iterate': return new Bound(this.objects[target][Symbol.iterator]());
          case 'next': {
            const step = this.objects[target].inner.next();
            return { done: step.done === true, value: step.value };
          }
        }
      }

      async run() {
        for (;;) {
          let reply;
          const [verb, target, given] = this.decode(readMessage(LINK));
          try {
            let value = this.answer(verb, target, given);
            if (verb === 'await') value = await value;
            reply = ['V', this.encode(value)];
          } catch (error) {
            const isError = isNativeError(error);
            reply = ['X', this.encode([isError, isError ? [String(error.name), String(error.message), typeof error.code === 'string' ? error.code : null] : error, describe(error)])];
          }
          writeMessage(LINK, ...reply);
        }
      }
    }

    /// An iterator that stays in the program's process.
    class Bound {
      constructor(inner) { this.inner = inner; }
    }

    async function runServer(source) {
      const find = await load(source);
      if (find) await new Server(find).run();
    }
    """#
