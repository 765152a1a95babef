/// Names of Python 3.11 and later that a test may mean without the program defining them.
enum PythonNames {
    static let keywords: Set<String> = [
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
        "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    /// Builtins, and what `typing` exports in lower case.
    static let taken: Set<String> = [
        "abs", "aiter", "all", "anext", "any", "ascii", "bin", "bool", "breakpoint", "bytearray", "bytes", "callable",
        "chr", "classmethod", "compile", "complex", "copyright", "credits", "delattr", "dict", "dir", "divmod",
        "enumerate", "eval", "exec", "exit", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr",
        "hash", "help", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "license", "list",
        "locals", "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property",
        "quit", "range", "repr", "reversed", "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum",
        "super", "tuple", "type", "vars", "zip", "assert_never", "assert_type", "cast", "clear_overloads",
        "dataclass_transform", "final", "get_args", "get_origin", "get_overloads", "get_type_hints", "is_typeddict",
        "no_type_check", "no_type_check_decorator", "overload", "reveal_type", "runtime_checkable", "override",
        "is_protocol", "get_protocol_members", "evaluate_forward_ref",
        // Of every module rather than of builtins.
        "__build_class__", "__builtins__", "__debug__", "__doc__", "__import__", "__loader__", "__name__",
        "__package__", "__spec__",
    ]

    /// What `typing` exports, and builtins, that begin with a capital; of exceptions those that `isTaken` does not know.
    private static let capitals: Set<String> = [
        "AbstractSet", "Annotated", "Any", "AnyStr", "AsyncContextManager", "AsyncGenerator", "AsyncIterable",
        "AsyncIterator", "Awaitable", "BinaryIO", "ByteString", "Callable", "ChainMap", "ClassVar", "Collection",
        "Concatenate", "Container", "ContextManager", "Coroutine", "Counter", "DefaultDict", "Deque", "Dict",
        "Ellipsis", "Final", "ForwardRef", "FrozenSet", "Generator", "GeneratorExit", "Generic", "Hashable", "IO",
        "ItemsView", "Iterable", "Iterator", "KeyboardInterrupt", "KeysView", "List", "Literal", "LiteralString",
        "Mapping", "MappingView", "Match", "MutableMapping", "MutableSequence", "MutableSet", "NamedTuple", "Never",
        "NewType", "NoDefault", "NoReturn", "NotImplemented", "NotRequired", "Optional", "OrderedDict", "ParamSpec",
        "ParamSpecArgs", "ParamSpecKwargs", "Pattern", "Protocol", "ReadOnly", "Required", "Reversible", "Self",
        "Sequence", "Set", "Sized", "StopAsyncIteration", "StopIteration", "SupportsAbs", "SupportsBytes",
        "SupportsComplex", "SupportsFloat", "SupportsIndex", "SupportsInt", "SupportsRound", "SystemExit",
        "TYPE_CHECKING", "Text", "TextIO", "Tuple", "Type", "TypeAlias", "TypeAliasType", "TypeGuard", "TypeIs",
        "TypeVar", "TypeVarTuple", "TypedDict", "Union", "Unpack", "ValuesView",
    ]

    /// Whether a name means something of Python's, so that a test that uses it may not mean the program's.
    static func isTaken(_ name: String) -> Bool {
        guard name.first?.isUppercase == true else { return taken.contains(name) }
        let endings = ["Error", "Warning", "Exception", "Group"]
        return capitals.contains(name) || endings.contains { name.hasSuffix($0) }
    }
}
