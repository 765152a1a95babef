"""Corrections of the `codebleu` 0.7.0 package's data flow, applied to its installed source one group at a time.

Each group replaces some branches of a `DFG_…` function by a call of a helper below, so that what is left over after a group
is due to the others. With all groups in place the package and `ppocoder score` follow the same rules.
"""
import inspect
import re

from codebleu.parser import DFG

GROUPS = ["tokens", "definitions", "assignments", "branches", "loops"]

COMMENTS = {"comment", "line_comment", "block_comment"}
LITERALS = {"string", "string_literal", "character_literal", "char_literal", "raw_string_literal",
            "interpreted_string_literal", "rune_literal", "verbatim_string_literal"}
NAMES = {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern", "instance_variable",
         "class_variable", "global_variable", "variable_name"}
# Whose rules each language starts from; C and C++ take Java's, whose grammar is alike, instead of C#'s.
BASES = {"python": "python", "java": "java", "c": "java", "cpp": "java", "csharp": "csharp", "php": "php",
         "javascript": "javascript", "go": "go", "ruby": "ruby"}
DEFINITIONS = {
    "python": ["default_parameter", "typed_default_parameter"], "java": ["variable_declarator"],
    "c": ["init_declarator", "optional_parameter_declaration"],
    "cpp": ["init_declarator", "optional_parameter_declaration"], "csharp": ["variable_declarator", "parameter"],
    "php": ["simple_parameter"], "javascript": ["variable_declarator", "assignment_pattern"],
    "go": ["var_spec", "const_spec"], "ruby": ["optional_parameter", "keyword_parameter"],
}
ASSIGNMENTS = {
    "python": ["assignment", "augmented_assignment", "for_in_clause"], "java": ["assignment_expression"],
    "c": ["assignment_expression"], "cpp": ["assignment_expression"], "csharp": ["assignment_expression"],
    "php": ["assignment_expression", "augmented_assignment_expression"],
    "javascript": ["assignment_expression", "augmented_assignment_expression"],
    "go": ["assignment_statement", "short_var_declaration"], "ruby": ["assignment", "operator_assignment"],
}
INCREMENTS = ["update_expression", "inc_statement", "dec_statement", "postfix_unary_expression",
              "prefix_unary_expression"]
BRANCHES = {"ruby": ["if", "elsif", "unless", "when", "if_modifier", "unless_modifier"]}
LOOPS = ["for_statement", "enhanced_for_statement", "for_range_loop", "for_each_statement", "foreach_statement",
         "for_in_statement", "while_statement", "do_statement", "for", "while", "until", "while_modifier",
         "until_modifier"]
LISTS = {"pattern_list", "tuple_pattern", "list_pattern", "expression_list", "tuple", "list", "tuple_expression",
         "list_literal", "array_creation_expression", "array_pattern", "object_pattern", "array",
         "left_assignment_list", "right_assignment_list"}


class Rules:
    """What the helpers need to know: the language, and whether tokens are corrected."""

    def __init__(self, language: str, groups: set[str]):
        self.language, self.groups, self.declared = language, groups, set()

    def is_leaf(self, node) -> bool:
        if node.type in COMMENTS or self.is_docstring(node):
            return False
        literals = LITERALS | {"variable_name"} if "tokens" in self.groups else {
            "string_literal", "string", "character_literal"}
        if self.language not in ("go",):
            literals = literals - {"interpreted_string_literal", "rune_literal"}
        if self.language != "php":
            literals = literals - {"variable_name"}
        return not node.children or node.type in literals

    def is_docstring(self, node) -> bool:
        return self.language == "python" and node.type == "expression_statement" and len(node.children) == 1 \
            and node.children[0].type == "string"

    def leaves(self, node) -> list:
        if node.type in COMMENTS or self.is_docstring(node):
            return []
        return [node] if self.is_leaf(node) else [x for child in node.children for x in self.leaves(child)]

    def tokens(self, node) -> list:
        return [x for x in self.leaves(node) if x.type != text(x) and x.start_byte < x.end_byte]


def text(node) -> str:
    return node.text.decode()


def key(node):
    return node.start_point, node.end_point


def field(node, *names):
    for name in names:
        found = node.child_by_field_name(name)
        if found is not None:
            return found
    return None


def kept(rules, node):
    return [x for x in node.children if x.type not in COMMENTS and not rules.is_docstring(x)]


def leaf(rules, node, index, states):
    number, code = index[key(node)]
    if node.type == code or number in rules.declared or not code:
        return [], states
    if code in states:
        return [(code, number, "comesFrom", [code], states[code].copy())], states
    if node.type in NAMES:
        states = {**states, code: [number]}
    return [(code, number, "comesFrom", [], [])], states


def bind(index, targets, sources, relation, states):
    edges = []
    for target in targets:
        number, code = index[key(target)]
        edges.append((code, number, relation, [index[key(x)][1] for x in sources], [index[key(x)][0] for x in sources]))
        states = {**states, code: [number]}
    return edges, states


def pairs(left, right, pairwise=True):
    a = [x for x in left.named_children if x.type not in COMMENTS] if left.type in LISTS else []
    b = [x for x in right.named_children if x.type not in COMMENTS] if right.type in LISTS else []
    return list(zip(a, b)) if pairwise and len(a) > 1 and len(a) == len(b) else [(left, right)]


def declare(rules, index, nodes, states):
    edges = []
    for node in nodes:
        number, code = index[key(node)]
        edges.append((code, number, "comesFrom", [], []))
        rules.declared.add(number)
        states = {**states, code: [number]}
    return edges, states


def declared_names(rules, holder):
    every = rules.tokens(holder)
    return every if holder.type in LISTS or holder.type == "structured_binding_declarator" else every[:1]


def definition(rules, recurse, node, index, states):
    holders = [x for x in node.children_by_field_name("name") if x.is_named]
    holders = holders or [x for x in [field(node, "declarator", "left")] if x is not None]
    value = field(node, "value", "default_value")
    if value is None and node.type == "assignment_pattern":
        value = field(node, "right")
    value = value or next((x for x in node.children if x.type == "equals_value_clause"), None)
    if not holders or node.type == "parameter" and value is None:
        return sequence(rules, recurse, node, index, states)
    if value is None:
        return declare(rules, index, [x for h in holders for x in declared_names(rules, h)], states)
    edges = []
    for holder in holders:
        rules.declared |= {index[key(x)][0] for x in declared_names(rules, holder)}
        found, states = recurse(holder, index, states)
        edges += found
    found, states = recurse(value, index, states)
    edges += found
    sources = [x for x in value.named_children if x.type not in COMMENTS] if value.type in LISTS else []
    if len(holders) > 1 and len(holders) == len(sources):
        parts = [(rules.tokens(h), rules.tokens(s)) for h, s in zip(holders, sources)]
    elif len(holders) == 1 and len(pairs(holders[0], value)) > 1:
        parts = [(rules.tokens(h), rules.tokens(s)) for h, s in pairs(holders[0], value)]
    else:
        parts = [(declared_names(rules, h), rules.tokens(value)) for h in holders]
    for targets, sources in parts:
        found, states = bind(index, targets, sources, "comesFrom", states)
        edges += found
    return edges, states


def declaration(rules, recurse, node, index, states):
    edges = []
    declarators = {x.id for x in node.children_by_field_name("declarator")}
    for child in kept(rules, node):
        if child.id in declarators and child.type != "init_declarator":
            found, states = declare(rules, index, declared_names(rules, child), states)
            edges += found
        found, states = recurse(child, index, states)
        edges += found
    return edges, states


def assignment(rules, recurse, node, index, states):
    left, right = field(node, "left"), field(node, "right")
    if left is None or right is None:
        return [], states
    edges, states = recurse(right, index, states)
    relation = "comesFrom" if node.type == "short_var_declaration" else "computedFrom"
    for target, source in pairs(left, right, node.type != "for_in_clause"):
        found, states = bind(index, rules.tokens(target), rules.tokens(source), relation, states)
        edges += found
    return edges, states


def increment(rules, recurse, node, index, states):
    if "unary" in node.type and not any(x.type in ("++", "--") for x in node.children):
        return sequence(rules, recurse, node, index, states)
    return bind(index, rules.tokens(node), rules.tokens(node), "computedFrom", states)


def sequence(rules, recurse, node, index, states):
    edges = []
    children = kept(rules, node)
    for child in [x for x in children if x.type == "for_in_clause"] + [
            x for x in children if x.type != "for_in_clause"]:
        found, states = recurse(child, index, states)
        edges += found
    return edges, states


def branch(rules, recurse, node, index, states):
    edges, arms = [], []
    others = node.children_by_field_name("alternative")
    taken = {x.id for x in others}
    first = [x for x in kept(rules, node) if x.id not in taken]
    if node.type.endswith("_modifier"):
        found, states = recurse(field(node, "condition"), index, states)
        edges += found
        first = [field(node, "body")]
    current = states
    for child in first:
        found, current = recurse(child, index, current)
        edges += found
    arms.append(current)
    for child in others:
        found, result = recurse(child, index, states)
        edges += found
        arms.append(result)
    if not any(x.type not in ("elif_clause", "else_if_clause") for x in others):
        arms.append(states)
    merged = {}
    for arm in arms:
        for name, numbers in arm.items():
            merged[name] = sorted(set(merged.get(name, [])) | set(numbers))
    return edges, merged


def loop(rules, recurse, node, index, states):
    edges, before, steps, target, values = [], [], [], None, None
    children = kept(rules, node)
    parts = next((x for x in children if x.type in ("for_clause", "range_clause")), node)
    body = [x for x in [field(node, "body")] if x is not None]
    if node.type == "for_statement" and rules.language == "php":
        marks = [i for i, x in enumerate(children) if x.type == ";"][:2]
        close = next((i for i, x in enumerate(children) if x.type == ")"), len(children))
        marks = [i for i in marks if i < close]
        if len(marks) == 2:
            before = children[:marks[0]]
            steps = children[marks[0] + 1:marks[1]] + children[close + 1:] + children[marks[1] + 1:close]
        else:
            steps = children
    elif node.type == "foreach_statement":
        members = [x for x in node.named_children if x.type not in COMMENTS and x not in body]
        if len(members) < 2:
            return sequence(rules, recurse, node, index, states)
        values, target, steps = members[0], members[1], body
    elif parts.type == "range_clause" or node.type in ("enhanced_for_statement", "for_range_loop", "for_each_statement",
                                                       "for_in_statement", "for") or rules.language == "python" \
            and node.type == "for_statement":
        values, steps = field(parts, "right", "value"), body
        target = field(parts, "left", "pattern", "name", "declarator")
    elif parts.type == "for_clause" or node.type == "for_statement" and rules.language != "go":
        of = parts.children_by_field_name
        before = of("initializer") + of("init")
        steps = of("condition") + node.children_by_field_name("body") + of("update") + of("increment")
    else:
        steps = children
    for child in before:
        found, states = recurse(child, index, states)
        edges += found
    for _ in range(2):
        if values is not None:
            found, states = recurse(values, index, states)
            edges += found
            for left, right in pairs(target, values) if target is not None else []:
                names = declared_names(rules, left) if node.type in ("for_range_loop", "enhanced_for_statement") \
                    else rules.tokens(left)
                found, states = bind(index, names, rules.tokens(right), "computedFrom", states)
                edges += found
        for child in steps:
            found, states = recurse(child, index, states)
            edges += found
    if rules.language == "python":
        for child in node.children_by_field_name("alternative") if node.type == "for_statement" else []:
            found, states = recurse(child, index, states)
            edges += found
    return edges, states


def corrected(language: str, groups: set[str]):
    """The package's function for `language` with some groups corrected, and the rules its tokens follow."""
    base = BASES[language] if groups else {"c": "csharp", "cpp": "csharp"}.get(language, language)
    name = f"DFG_{base}"
    source = inspect.getsource(getattr(DFG, name))
    rules = Rules(language, groups)
    calls = []
    if "definitions" in groups:
        calls.append(("definition", DEFINITIONS[language]))
        if language in ("c", "cpp"):
            calls.append(("declaration", ["declaration", "parameter_declaration"]))
    if "assignments" in groups:
        calls += [("assignment", ASSIGNMENTS[language]), ("increment", INCREMENTS)]
    if "branches" in groups:
        calls.append(("branch", BRANCHES.get(language, ["if_statement"])))
        # The package takes an arm for a branch of its own.
        calls.append(("sequence", ["else_clause", "else_if_clause", "else"]))
    if "loops" in groups:
        calls.append(("loop", LOOPS))
    lines = [f"    if rules.is_docstring(root_node) or root_node.type in {COMMENTS!r}:\n        return [], states.copy()"]
    if "tokens" in groups:
        lines.append("    if rules.is_leaf(root_node):\n"
                     "        return helpers.leaf(rules, root_node, index_to_code, states.copy())")
    for helper, types in calls:
        lines.append(f"    if root_node.is_named and root_node.type in {types!r}:\n"
                     f"        return helpers.{helper}(rules, {name}, root_node, index_to_code, states.copy())")
    head, body = source.split("\n", 1)
    # Leaves come first in the package too.
    source = head + "\n" + "\n".join(lines) + "\n" + body
    source = re.sub(r'\(\s*len\(root_node\.children\) == 0 or root_node\.type in \["string_literal", "string", '
                    r'"character_literal"\]\s*\) and root_node\.type != "comment"', "rules.is_leaf(root_node)", source)
    import sys
    space = {"tree_to_variable_index": lambda node, index: [key(x) for x in rules.tokens(node)], "rules": rules,
             "helpers": sys.modules[__name__]}
    exec(compile(source, name, "exec"), space)
    return space[name], rules


def edges(code: str, parser, language: str, groups: set[str]) -> list:
    """Edges of the data flow, sources in the order of the program, numbered as the package numbers them."""
    function, rules = corrected_cached(language, groups)
    rules.declared.clear()
    root = parser.parse(code.encode()).root_node
    index = {key(x): (i, text(x)) for i, x in enumerate(rules.leaves(root))}
    try:
        flow, _ = function(root, index, {})
    except Exception:
        flow = []
    flow = sorted(flow, key=lambda x: x[1])
    used = {x[1] for x in flow if x[4]} | {n for x in flow for n in x[4]}
    merged: dict = {}
    for name, number, relation, _, numbers in flow:
        if number in used:
            old = merged.setdefault(number, (name, relation, set()))
            old[2].update(numbers)
    name_of = {i: code for i, code in index.values()}
    numbering: dict = {}
    result = []
    for number, (name, relation, sources) in merged.items():
        names = [name_of[x] for x in sorted(sources)]
        for each in names + [name]:
            numbering.setdefault(each, len(numbering))
        result.append((numbering[name], relation, frozenset(numbering[x] for x in names)))
    return result


CACHE: dict = {}


def corrected_cached(language, groups):
    cache_key = (language, frozenset(groups))
    if cache_key not in CACHE:
        CACHE[cache_key] = corrected(language, groups)
    return CACHE[cache_key]
