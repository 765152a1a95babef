/// Part one of the JavaScript harness: messages, and plain data for values that a program returns.
///
/// The format is the one of the Python harness; `.` is `undefined`, and `(` with a name first is a mark: an object that
/// stays where it is, or one of the types that are built again on the other side.
let javaScriptPlain = #"""
    'use strict';
    const builtin = require;
    const fs = require('fs'), vm = require('vm'), util = require('util'), Module = require('module');
    const { isPromise, isMap, isSet, isDate, isRegExp, isTypedArray, isNativeError } = util.types;
    const native = (() => { const m = { exports: {} }; process.dlopen(m, '/zygote.so'); return m.exports; })();
    const SECRET = 3, BODY = 4, LINK = 200;
    let RESULT = 5;
    const { keys, getPrototypeOf, prototype: objectPrototype } = Object;
    const { isSafeInteger } = Number, { isArray } = Array;

    class Gone extends Error {}
    class NotPlain extends Error {}

    function readExactly(fd, count) {
      const bytes = Buffer.allocUnsafe(count);
      for (let done = 0; done < count;) {
        const n = fs.readSync(fd, bytes, done, count - done, null);
        if (n === 0) throw new Gone('the other process has ended');
        done += n;
      }
      return bytes;
    }

    function readMessage(fd) {
      try { return readExactly(fd, readExactly(fd, 4).readUInt32LE(0)); } catch (error) {
        throw new Gone('the other process has ended');
      }
    }

    function writeMessage(fd, ...parts) {
      const bytes = Buffer.concat([Buffer.alloc(4), ...parts.map((part) => Buffer.from(part))]);
      bytes.writeUInt32LE(bytes.length - 4, 0);
      try { for (let done = 0; done < bytes.length;) done += fs.writeSync(fd, bytes, done); } catch (error) {
        throw new Gone('the other process has ended');
      }
    }

    /// What was thrown, and where in the program, without the harness's own frames.
    function describe(error) {
      try {
        if (!isNativeError(error)) return `uncaught ${typeof error === 'string' ? error : util.inspect(error)}`.slice(0, 2000);
        const frames = String(error.stack).split('\n').filter((line) => /^\s+at /.test(line) && line.includes('/w/program.'));
        const where = /program\.m?js:\d+/.exec(frames[0] ?? '')?.[0] ?? /program\.m?js:\d+/.exec(String(error.stack))?.[0];
        return `${where ?? 'program.js'}: ${error.name}: ${error.message}\n${frames.slice(0, 4).join('\n')}`.slice(0, 2000);
      } catch {
        return 'an error that cannot be described';
      }
    }

    const isOutOfMemory = (error) => isNativeError(error) && /allocation failed|out of memory/i.test(String(error.message));

    class Encoder {
      constructor(keep) {
        this.bytes = Buffer.allocUnsafe(512);
        this.at = 0;
        this.keep = keep;
      }

      room(count) {
        if (this.at + count <= this.bytes.length) return;
        const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count));
        this.bytes.copy(larger, 0, 0, this.at);
        this.bytes = larger;
      }

      tag(tag) {
        this.room(1);
        this.bytes[this.at++] = tag.charCodeAt(0);
      }

      count(tag, count) {
        this.tag(tag);
        this.room(4);
        this.at = this.bytes.writeInt32LE(count, this.at);
      }

      text(value) {
        const size = Buffer.byteLength(value);
        this.count('u', size);
        this.room(size);
        this.at += this.bytes.write(value, this.at);
      }

      number(value) {
        if (isSafeInteger(value) && !Object.is(value, -0)) {
          if (value === (value | 0)) return this.count('i', value);
          return this.big(BigInt(value));
        }
        this.tag('g');
        this.room(8);
        this.at = this.bytes.writeDoubleLE(value, this.at);
      }

      big(value) {
        const digits = [];
        for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 15n) digits.push(Number(rest & 32767n));
        this.count('l', value < 0n ? -digits.length : digits.length);
        this.room(2 * digits.length);
        for (const digit of digits) this.at = this.bytes.writeUInt16LE(digit, this.at);
      }

      items(tag, items, depth) {
        this.count(tag, items.length);
        for (let i = 0; i < items.length; i++) this.put(items[i], depth + 1);
      }

      mark(...items) {
        this.items('(', items, 0);
      }

      entries(entries, depth) {
        this.tag('{');
        for (const [key, value] of entries) {
          this.put(key, depth + 1);
          this.put(value, depth + 1);
        }
        this.tag('0');
      }

      put(value, depth = 0) {
        if (depth > 200) throw new NotPlain('nested too deeply');
        switch (typeof value) {
          case 'number': return this.number(value);
          case 'string': return this.text(value);
          case 'boolean': return this.tag(value ? 'T' : 'F');
          case 'undefined': return this.tag(this.keep === onlyPlain ? 'N' : '.');
          case 'object': {
            if (value === null) return this.tag('N');
            const prototype = getPrototypeOf(value);
            if (isArray(value) && prototype === Array.prototype) return this.items('[', value, depth);
            if (prototype === objectPrototype || prototype === null) {
              return this.entries(keys(value).map((key) => [key, value[key]]), depth);
            }
          }
        }
        this.keep(this, value, depth);
      }

      get whole() { return this.bytes.subarray(0, this.at); }
    }

    /// For a judge that knows JSON only.
    function onlyPlain(encoder, value, depth) {
      if (typeof value === 'bigint') return encoder.big(value);
      if (isMap(value)) return encoder.entries([...value], depth);
      if (isSet(value)) return encoder.items('<', [...value], depth);
      if (isTypedArray(value)) return encoder.items('[', Array.from(value), depth);
      if (value instanceof Number || value instanceof String || value instanceof Boolean) {
        throw new NotPlain(`a ${value.constructor.name} object is not plain data`);
      }
      if (typeof value === 'object' && typeof value.next === 'function' && typeof value[Symbol.iterator] === 'function') {
        const items = [];
        for (const item of value) if (items.push(item) > 1000000) throw new NotPlain('an iterator without an end');
        return encoder.items('[', items, depth);
      }
      throw new NotPlain(`a ${typeof value === 'object' ? value?.constructor?.name : typeof value} is not plain data`);
    }

    /// For the process at the other end: false for what can only stay here.
    function portable(encoder, value, depth) {
      if (typeof value === 'bigint') return encoder.mark('big', String(value)), true;
      if (isMap(value) && getPrototypeOf(value) === Map.prototype) {
        encoder.count('(', 2);
        encoder.put('map');
        encoder.items('[', [...value], depth);
      } else if (isSet(value) && getPrototypeOf(value) === Set.prototype) {
        encoder.count('(', 2);
        encoder.put('set');
        encoder.items('[', [...value], depth);
      } else if (isDate(value)) encoder.mark('date', Date.prototype.getTime.call(value));
      else if (isRegExp(value)) encoder.mark('regexp', value.source, value.flags);
      else if (isTypedArray(value) && !Buffer.isBuffer(value)) {
        encoder.mark('typed', Object.prototype.toString.call(value).slice(8, -1), Array.from(value, (x) => typeof x === 'bigint' ? String(x) : x));
      } else return false;
      return true;
    }

    /// What JavaScript calls by itself, to compare a value or to show it.
    const CALLED_UNASKED = new Set(['valueOf', 'toString', 'toJSON', 'toLocaleString', 'inspect']);

    class Decoder {
      constructor(bytes, special) {
        this.bytes = bytes;
        this.at = 0;
        this.special = special;
      }

      take(count) {
        if (count < 0 || this.at + count > this.bytes.length) throw new Gone('cut short');
        this.at += count;
        return this.bytes.subarray(this.at - count, this.at);
      }

      count() { return this.take(4).readInt32LE(0); }

      items(depth) {
        const count = this.count();
        if (count < 0 || count > this.bytes.length - this.at) throw new Gone('a length that cannot be');
        const items = new Array(count);
        for (let i = 0; i < count; i++) items[i] = this.value(depth + 1);
        return items;
      }

      value(depth = 0) {
        if (depth > 300) throw new Gone('nested too deeply');
        switch (this.take(1)[0]) {
          case 105: return this.count();
          case 117: return this.take(this.count()).toString('utf8');
          case 115: return Buffer.from(this.take(this.count()));
          case 78: return null;
          case 46: return undefined;
          case 84: return true;
          case 70: return false;
          case 103: return this.take(8).readDoubleLE(0);
          case 108: {
            const count = this.count(), digits = this.take(2 * Math.abs(count));
            let total = 0n;
            for (let i = digits.length - 2; i >= 0; i -= 2) total = (total << 15n) | BigInt(digits.readUInt16LE(i) & 32767);
            return Number(count < 0 ? -total : total);
          }
          case 91: return this.items(depth);
          case 123: {
            const result = {};
            while (this.bytes[this.at] !== 48) {
              const key = String(this.value(depth + 1));
              let value = this.value(depth + 1);
              // A function here is the other process's, which would be asked what its object is worth.
              if (typeof value === 'function' && CALLED_UNASKED.has(key)) value = undefined;
              Object.defineProperty(result, key, { value, writable: true, enumerable: true, configurable: true });
            }
            this.at += 1;
            return result;
          }
          case 40: return this.marked(this.items(depth));
          default: throw new Gone('a value of an unknown kind');
        }
      }

      marked(items) {
        switch (items[0]) {
          case undefined: return [];
          case 'big': return BigInt(String(items[1]));
          case 'map': return new Map(items[1]);
          case 'set': return new Set(items[1]);
          case 'date': return new Date(Number(items[1]));
          case 'regexp': return new RegExp(String(items[1]), String(items[2]));
          case 'typed': {
            const name = String(items[1]);
            if (!/^(Big)?(Ui|I)nt\d+(Clamped)?Array$|^Float\d+Array$/.test(name)) throw new Gone('an unknown mark');
            return globalThis[name].from(name.startsWith('Big') ? items[2].map(BigInt) : items[2]);
          }
          default: return this.special ? this.special(items) : items;
        }
      }

      get whole() {
        let result;
        try { result = this.value(); } catch (error) {
          throw error instanceof Gone ? error : new Gone(`not plain data: ${error.message}`);
        }
        if (this.at !== this.bytes.length) throw new Gone('too much data');
        return result;
      }
    }
    """#
