import Programs

/// Words that the keyword-weighted n-gram match weighs in full: the lists of CodeBLEU, so that its numbers agree.
struct Keywords: Sendable {
    private let words: Set<ArraySlice<UInt8>>
    /// Most words of a program are told from these by their first byte or their length.
    private let firstBytes: [Bool]
    private let longest: Int

    init(of language: Language) {
        words = Self.list(language)
        longest = words.reduce(0) { max($0, $1.count) }
        var firstBytes = [Bool](repeating: false, count: 256)
        for word in words { firstBytes[Int(word[word.startIndex])] = true }
        self.firstBytes = firstBytes
    }

    /// Whether the piece of `text` in `range`, which is not empty, is one of them.
    func contains(_ range: Range<Int>, of text: [UInt8]) -> Bool {
        guard range.count <= longest, firstBytes[Int(text[range.lowerBound])] else { return false }
        return words.contains(text[range])
    }

    private static func list(_ language: Language) -> Set<ArraySlice<UInt8>> {
        let words =
            switch language {
            case .python: python
            case .c: c
            case .cpp: cpp
            case .java: java
            case .csharp: csharp
            case .php: php
            case .javascript: javascript
            case .go: go
            case .ruby: ruby
            }
        return Set(words.split(whereSeparator: \.isWhitespace).map { Array($0.utf8)[...] })
    }

    private static let python = """
        False None True and as assert async await break case class continue def del elif else except finally for
        from global if import in is lambda match nonlocal not or pass raise return try type while with yield
        """
    private static let c = """
        _Packed auto break case char const continue default do double else enum extern float for goto if int long
        register return short signed sizeof static struct switch typedef union unsigned void volatile while
        """
    private static let cpp = """
        INT_MAX INT_MIN MAX_RAND NULL and and_eq asm auto bitand bitor bool break case catch char cin class compl
        const const_cast continue cout default delete do double dynamic_cast else endl enum explicit extern false
        float for friend goto if include inline int iomanip iostream long main mutable namespace new not not_eq npos
        operator or or_eq private protected public register reinterpret_cast return short signed sizeof static
        static_cast std string struct switch template this throw true try typedef typeid typename union unsigned
        using virtual void volatile wchar_t while xor xor_eq
        """
    private static let java = """
        abstract assert boolean break byte case catch char class const continue default do double else enum extends
        final finally float for goto if implements import instanceof int interface long native new package private
        protected public return short static strictfp super switch synchronized this throw throws transient try void
        volatile while
        """
    private static let csharp = """
        abstract add alias as ascending async await base bool break by byte case catch char checked class const
        continue decimal default delegate descending do double dynamic else enum equals event explicit extern false
        finally fixed float for foreach from get global goto group if implicit in int interface internal into is
        join let lock long nameof namespace new notnull null object on operator orderby out override params partial
        private protected public readonly ref remove return sbyte sealed select set short sizeof stackalloc static
        string struct switch this throw true try typeof uint ulong unchecked unmanaged unsafe ushort using value var
        virtual void volatile when where while yield
        """
    private static let php = """
        __halt_compiler abstract and array as break callable case catch class clone const continue declare default
        die do echo else elseif empty enddeclare endfor endforeach endif endswitch endwhile eval exit extends final
        for foreach function global goto if implements include include_once instanceof insteadof interface isset
        list namespace new or print private protected public require require_once return static switch throw trait
        try unset use var while xor
        """
    private static let javascript = """
        True await break case catch class const continue debugger default delete do else enum export extends false
        finally for function if implements import in instanceof interface let new null package private protected
        public return static super switch this throw try typeof var void while with yield
        """
    private static let go = """
        break case chan const continue default defer else fallthrough false for func go goto if import interface map
        package range return select struct switch true type var
        """
    private static let ruby = """
        BEGIN END __ENCODING__ __FILE__ __LINE__ alias and begin break case class def defined? do else elsif end
        ensure false for if in module next nil not or redo rescue retry return self super then true undef unless
        until when while yield
        """
}
