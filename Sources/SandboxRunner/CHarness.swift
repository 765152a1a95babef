import Foundation

/// Calls of C functions: arguments are made for the parameters that the definition names.
enum CHarness {
    /// One conversion for every arithmetic type and for text; `_Generic` chooses, so that typedefs are seen through.
    static func conversions(_ m: String) -> String {
        let whole = [
            "signed char", "unsigned char", "short", "unsigned short", "signed", "unsigned", "long", "unsigned long",
            "long long", "unsigned long long", "__int128",
        ]
        let real = ["float", "double", "long double"]
        var functions = ""
        var cases: [String] = []
        var puts: [String] = []
        for (index, type) in whole.enumerated() {
            functions += """
                static void into\(index)_\(m)(void *at) {
                    __int128 value = whole_\(m)();
                    if ((__int128)(\(type))value != value) bad_\(m) = 1;
                    *(\(type) *)at = (\(type))value;
                }

                """
            cases.append("\(type): into\(index)_\(m)")
            puts.append("\(type): put_whole_\(m)")
        }
        for (index, type) in real.enumerated() {
            functions += "static void real\(index)_\(m)(void *at) { *(\(type) *)at = (\(type))real_\(m)(); }\n"
            cases.append("\(type): real\(index)_\(m)")
            puts.append("\(type): put_real_\(m)")
        }
        functions += """
            static void bool_\(m)(void *at) {
                signed tag = peek_\(m)();
                if (tag == 'T' || tag == 'F') *(_Bool *)at = byte_\(m)() == 'T';
                else *(_Bool *)at = whole_\(m)() != 0;
            }
            static void char_\(m)(void *at) {
                signed length;
                if (peek_\(m)() == 'i') { *(char *)at = (char)whole_\(m)(); return; }
                char *text = text_\(m)(&length);
                if (length != 1) bad_\(m) = 1;
                *(char *)at = length > 0 ? text[0] : 0;
            }
            static void chars_\(m)(void *at) { signed length; *(char **)at = text_\(m)(&length); }
            static void signed_\(m)(void *at) {
                signed tag = peek_\(m)();
                // In C a truth value is often an int.
                if (tag == 'T' || tag == 'F') *(signed *)at = byte_\(m)() == 'T';
                else into4_\(m)(at);
            }
            static void *items_\(m)(unsigned long size, void (*into)(void *)) {
                signed count, i;
                if (peek_\(m)() == 'N') { byte_\(m)(); return 0; }
                if (byte_\(m)() != '[') { bad_\(m) = 1; return 0; }
                count = word_\(m)();
                char *items = (char *)__builtin_calloc((unsigned long)count + 1, size);
                for (i = 0; i < count; i++) into(items + (unsigned long)i * size);
                return items;
            }
            static void put_bool_\(m)(signed value) { tag_\(m)(value ? 'T' : 'F'); }
            static void put_char_\(m)(signed value) { char one = (char)value; put_text_\(m)(&one, 1); }

            """
        cases.removeAll { $0.hasPrefix("signed: ") }
        cases += [
            "signed: signed_\(m)", "_Bool: bool_\(m)", "char: char_\(m)", "char *: chars_\(m)",
            "const char *: chars_\(m)",
        ]
        puts += [
            "_Bool: put_bool_\(m)", "char: put_char_\(m)", "char *: put_chars_\(m)", "const char *: put_chars_\(m)",
        ]
        return functions + "#define INTO_\(m)(e) _Generic((e), \(cases.joined(separator: ", ")))\n"
            + "#define PUT_\(m)(e) _Generic((e), \(puts.joined(separator: ", ")))(e)\n"
    }

    /// A function's definition, as far as calls need it.
    struct Signature {
        var result: String
        /// The type and whether it is a pointer, parameter by parameter.
        var parameters: [String]
    }

    /// The definition of `name` in the program; nil when there is none, or it is not written in the usual way.
    static func signature(of name: String, in program: String) -> Signature? {
        let scan = SourceScan(program)
        for word in scan.words where word.text == name {
            guard let open = scan.next(after: word.range.upperBound), open.byte == UInt8(ascii: "("),
                let close = closing(scan.code, from: open.at), scan.next(after: close + 1)?.byte == UInt8(ascii: "{"),
                depth(scan.code, at: word.range.lowerBound) == 0
            else { continue }
            let start = scan.code[..<word.range.lowerBound].lastIndex { byte in
                [UInt8(ascii: ";"), UInt8(ascii: "}"), UInt8(ascii: ">"), UInt8(ascii: "\"")].contains(byte)
            }
            let before = text(scan.code[((start ?? -1) + 1)..<word.range.lowerBound])
            // A preprocessor line ends with its line.
            let lines = before.split(separator: "\n").filter { !$0.drop(while: { $0 == " " }).hasPrefix("#") }
            let parts = split(scan.code[(open.at + 1)..<close])
            let parameters = parts == ["void"] || parts == [""] ? [] : parts.map(type(ofParameter:))
            let result = words(lines.joined(separator: " ")).filter { !["static", "inline", "extern"].contains($0) }
            return Signature(result: result.joined(separator: " "), parameters: parameters)
        }
        return nil
    }

    /// Statements that take the arguments of one call, make it, and put its result.
    static func statement(_ name: String, _ signature: Signature, arity: Int, _ m: String) throws(CallRefusal) -> String
    {
        var parameters = signature.parameters
        var size: String?
        if parameters.count == arity + 1, signature.result.hasSuffix("*"), let last = parameters.last,
            ["int *", "size_t *", "unsigned *", "long *"].contains(last)
        {
            // The usual way to return an array: its length through a last parameter.
            size = String(last.dropLast())
            parameters.removeLast()
        }
        guard parameters.count == arity else {
            throw CallRefusal(reason: "\(name) does not take \(arity) arguments")
        }
        var code = size.map { "\($0) size = 0; " } ?? ""
        for (index, type) in parameters.enumerated() {
            if type.hasSuffix("*"), !["char *", "const char *"].contains(type) {
                let item = String(type.dropLast()).replacingOccurrences(of: "const ", with: "")
                code += "\(item) *a\(index) = items_\(m)(sizeof(\(item)), INTO_\(m)(*(\(item) *)0)); "
            } else {
                let plain = type.hasSuffix("*") ? "char *" : type.replacingOccurrences(of: "const ", with: "")
                code += "\(plain) a\(index); INTO_\(m)(a\(index))(&a\(index)); "
            }
        }
        var arguments = parameters.indices.map { "a\($0)" }
        if size != nil { arguments.append("&size") }
        let call = "\(name)(\(arguments.joined(separator: ", ")))"
        code += "if (bad_\(m)) trouble_\(m)('x', \"an argument does not fit its parameter\"); else { "
        if let size {
            let item = String(signature.result.dropLast()).replacingOccurrences(of: "const ", with: "")
            code +=
                "\(item) *r = \(call); \(size) i; if (!r) tag_\(m)('N'); else { tag_\(m)('['); count_\(m)((signed)size); "
            code += "for (i = 0; i < size; i++) PUT_\(m)(r[i]); } }"
        } else if signature.result == "void" {
            code += "\(call); tag_\(m)('N'); }"
        } else if signature.result.hasSuffix("*"), !["char *", "const char *"].contains(signature.result) {
            throw CallRefusal(reason: "\(name) returns a pointer, which is not plain data")
        } else {
            code += "\(signature.result) r = \(call); PUT_\(m)(r); }"
        }
        return code
    }

    private static func type(ofParameter parameter: String) -> String {
        var tokens = words(parameter)
        var stars = tokens.count { $0 == "*" }
        if let bracket = tokens.firstIndex(of: "[") {
            stars += 1
            tokens.removeSubrange(bracket...)
        }
        tokens.removeAll { $0 == "*" || $0 == "restrict" || $0 == "register" }
        let types = [
            "int", "char", "long", "short", "double", "float", "unsigned", "signed", "_Bool", "bool", "void", "size_t",
        ]
        // The last word is the name, unless the parameter has none.
        if tokens.count > 1, let last = tokens.last, !types.contains(last) { tokens.removeLast() }
        return tokens.joined(separator: " ") + (stars > 0 ? " " + String(repeating: "*", count: stars) : "")
    }

    private static func words(_ text: String) -> [String] {
        var result: [String] = []
        var current = ""
        for character in text {
            if character.isLetter || character.isNumber || character == "_" {
                current.append(character)
                continue
            }
            if !current.isEmpty { result.append(current) }
            current = ""
            if character == "*" || character == "[" { result.append(String(character)) }
        }
        return current.isEmpty ? result : result + [current]
    }

    private static func text(_ code: some Sequence<UInt8>) -> String { String(decoding: Array(code), as: UTF8.self) }

    private static func depth(_ code: [UInt8], at position: Int) -> Int {
        code[..<position].reduce(0) { $0 + ($1 == UInt8(ascii: "{") ? 1 : $1 == UInt8(ascii: "}") ? -1 : 0) }
    }

    private static func closing(_ code: [UInt8], from open: Int) -> Int? {
        var depth = 0
        for at in open..<code.count {
            if code[at] == UInt8(ascii: "(") { depth += 1 }
            if code[at] == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return at }
        }
        return nil
    }

    private static func split(_ code: ArraySlice<UInt8>) -> [String] {
        var depth = 0
        var parts: [[UInt8]] = [[]]
        for byte in code {
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            if byte == UInt8(ascii: ","), depth == 0 { parts.append([]) } else { parts[parts.count - 1].append(byte) }
        }
        return parts.map { text($0).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }
}
