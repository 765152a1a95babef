import Datasets
import Programs
import Testing

@Suite struct DetokenizerTests {
    /// Each rule of the token format, with the source it stands for.
    @Test(arguments: [
        // Spaces between the pieces of a literal are artefacts, the marker is the space.
        (Language.cpp, "cout << \" Hi ▁ there ! \" ;", "cout << \"Hi there!\";\n"),
        (.java, "char c = ' ▁ ' ;", "char c = ' ';\n"),
        (.java, "char c = ' x ' ;", "char c = 'x';\n"),
        (.cpp, "char c = ' \\0' ;", "char c = '\\0';\n"),
        // The escape, never a line break inside a literal.
        (.cpp, "puts ( \" a STRNEWLINE \" ) ;", "puts(\"a\\n\");\n"),
        (.cpp, "puts ( \" TABSYMBOL a \" ) ;", "puts(\"\\ta\");\n"),
        (.java, "f ( \" a STOKEN12 b STOKEN13 \" ) ;", "f(\"a\\\"b\\\\\");\n"),
        // A literal with a bare NEW_LINE was never split: its spaces are real.
        (.java, "f ( \"total is %dNEW_LINE\", 7 ) ;", "f(\"total is %d\\n\", 7);\n"),
        // Two words without the marker between them were never taken apart either.
        (.cpp, "cout << \" Modified Array : \" ;", "cout << \"Modified Array :\";\n"),
        // After a preprocessor line it is a line break.
        (.cpp, "#include <cmath> NEW_LINE #define N  4 NEW_LINE int a ;", "#include <cmath>\n#define N  4\nint a;\n"),
        (.cpp, "#include \" my / file . h \" NEW_LINE int a ;", "#include \"my/file.h\"\nint a;\n"),
        // A comment ends at ENDCOM.
        (.java, "int a ; // the first ENDCOM int b ;", "int a;\n// the first\nint b;\n"),
        // Split numbers and operators.
        (.java, "double d = 1 . 5 ;", "double d = 1.5;\n"),
        (.cpp, "x = a > > 2 ;", "x = a >> 2;\n"),
        (.cpp, "x = a < < 2 ;", "x = a << 2;\n"),
        (.cpp, "i ++ ; -- j ; x = a - -1 ;", "i++;\n--j;\nx = a - -1;\n"),
        (.cpp, "p -> next = & q ;", "p->next = & q;\n"),
        // Layout: semicolons inside parentheses and lists of values do not end a line.
        (
            .cpp, "int a [ ] = { 1 , 2 } ; for ( int i = 0 ; i < 2 ; i ++ ) { s += a [ i ] ; } return s ;",
            "int a[] = { 1, 2 };\nfor (int i = 0; i < 2; i++) {\n    s += a[i];\n}\nreturn s;\n"
        ),
        (.java, "if ( a ) { b ( ) ; } else { c ( ) ; }", "if (a) {\n    b();\n} else {\n    c();\n}\n"),
        (.java, "class A { int x ; } class B { }", "class A {\n    int x;\n}\nclass B {\n}\n"),
        (.php, "$ x = 1 ; echo $ x ;", "<?php\n$x = 1;\necho $x;\n"),
        (.php, "< ? php echo \" a \" . 5 . $ x . 1 . 5 ; ? >", "<?php echo \"a\" . 5 . $x . 1.5;\n?>\n"),
        // Operators that were taken apart.
        (.javascript, "f = ( a ) = > a = = = 1 | | b != = 2 ;", "f = (a) => a === 1 || b !== 2;\n"),
        (.c, "p - > n + = a < = 2 ;", "p -> n += a <= 2;\n"),
        // Patterns and templates are literals.
        (
            .javascript, "s = t . replace ( / a b+ / g , ` $ { x } ▁ y ` ) / 2 ;",
            "s = t.replace(/a b+/g, `${x} y`) / 2;\n"
        ),
        // No escapes in a verbatim text.
        (.csharp, "s = @ \" c : \\ \" ; t = 1 ;", "s = @\"c:\\\";\nt = 1;\n"),
        // Python: the tokens carry the lines and the margin, several levels at once.
        (
            .python,
            "def f ( n ) : NEW_LINE INDENT if n : NEW_LINE INDENT return 1 . 5 NEW_LINE DEDENT DEDENT print ( f ( 2 ) ) NEW_LINE",
            "def f(n):\n    if n:\n        return 1.5\nprint(f(2))\n"
        ),
        (
            .python, "if x == ' _ _ main _ _ ' : NEW_LINE INDENT y = \" a ▁ b \" NEW_LINE",
            "if x == '__main__':\n    y = \"a b\"\n"
        ),
        (.python, "z = r \" a STRNEWLINE \" NEW_LINE", "z = r\"a\\n\"\n"),
        (.python, "w = f ( 7 / / 2 , x > > 1 ) # note ENDCOM v = 1", "w = f(7 // 2, x >> 1) # note\nv = 1\n"),
    ])
    func tokensBecomeSource(language: Language, tokens: String, source: String) {
        #expect(Detokenizer.sourceCode(of: tokens, in: language) == source)
    }

    @Test func damagedProgramsAreKeptForTheCompilerToRefuse() {
        #expect(Detokenizer.sourceCode(of: "f ( \" open ) ;", in: .java).contains("\""))
        #expect(Detokenizer.sourceCode(of: "} } int a ;", in: .cpp).hasSuffix("int a;\n"))
        #expect(Detokenizer.sourceCode(of: "", in: .cpp) == "\n")
    }
}
