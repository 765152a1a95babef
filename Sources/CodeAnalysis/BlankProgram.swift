package import Programs

/// Tells programs that do something from those that only look like it, without a grammar.
package enum BlankProgram {
    /// True when `code` is nothing but white space and comments.
    ///
    /// Reads comments from the start until something else begins, so strings need no care. An unclosed block comment
    /// counts as one.
    package static func isBlank(_ code: String, language: Language) -> Bool {
        let scalars = Array(code.unicodeScalars)
        var index = 0
        func begins(_ mark: String) -> Bool {
            scalars[index...].starts(with: mark.unicodeScalars)
        }
        func skip(past mark: String) {
            while index < scalars.count, !begins(mark) { index += 1 }
            index = min(index + mark.unicodeScalars.count, scalars.count)
        }
        let hasHash = language == .python || language == .ruby || language == .php
        let hasSlash = language != .python && language != .ruby
        while index < scalars.count {
            if scalars[index].properties.isWhitespace || scalars[index] == "\u{FEFF}" || scalars[index] == "\0" {
                index += 1
            } else if (hasHash && begins("#")) || (hasSlash && begins("//")) {
                skip(past: "\n")
            } else if hasSlash, begins("/*") {
                index += 2
                skip(past: "*/")
            } else if language == .php, begins("<?php") {
                index += 5
            } else if language == .php, begins("?>") {
                index += 2
            } else {
                return false
            }
        }
        return true
    }
}
